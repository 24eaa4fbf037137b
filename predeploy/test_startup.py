"""The backend's start: with test secrets in release mode, and without one of the secrets that it needs."""

import pytest

from harness import checks, probe
from harness.evidence.probe import together
from harness.predeploy.startup import MARKERS

HOW = ("without", "empty")


@probe
async def release(backend):
    """The backend in release mode, with made-up secrets, once it has answered."""
    return await backend.start(said=MARKERS)


@probe
async def incomplete(backend):
    """One start for each secret: without it, and with it empty."""
    return await together(
        {(how, name): backend.start(**{how: name}) for name in backend.secrets for how in HOW}
    )


@checks("predeploy.startup")
def test_release_starts(release):
    assert release.read().is_ready


@checks("predeploy.startup")
def test_release_is_healthy(release):
    assert release.health.status == 200
    assert release.health.field("status") == "healthy"


@checks("predeploy.startup")
def test_dev_mode_is_off(release):
    assert release.health.field("server_dev_mode") is False


@checks("predeploy.startup")
@pytest.mark.parametrize("marker", MARKERS)
def test_start_is_logged(release, marker):
    assert release.read().says(marker)


@checks("predeploy.startup")
@pytest.mark.parametrize("how", HOW)
def test_start_without_a_secret_is_refused(incomplete, backend, how):
    starts = [incomplete[how, name] for name in backend.secrets]
    assert [start.read().title for start in starts if not start.is_refused] == []


@checks("predeploy.startup")
@pytest.mark.parametrize("how", HOW)
def test_refusal_names_what_is_missing(incomplete, backend, how):
    starts = [incomplete[how, name] for name in backend.secrets]
    assert [start.read().title for start in starts if not start.says(start.lacks)] == []


@checks("predeploy.startup")
def test_no_start_prints_a_secret(release, incomplete):
    starts = [release, *incomplete.values()]
    assert [(start.read().title, start.printed) for start in starts if start.printed] == []
