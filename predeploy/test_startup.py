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
    starts = release.read().is_ready
    assert starts, f"the release does not start: {release.told}"


@checks("predeploy.startup")
def test_release_is_healthy(release):
    status = release.health.status
    assert status == 200, f"the release starts, and its health answers {status}"
    called = release.health.field("status")
    assert called == "healthy", f"the release starts, and its health is: {called}"


@checks("predeploy.startup")
def test_dev_mode_is_off(release):
    mode = release.health.field("server_dev_mode")
    assert mode is False, f"started with SERVER_DEV_MODE=false, the release says server_dev_mode: {mode}"


@checks("predeploy.startup")
@pytest.mark.parametrize("marker", MARKERS)
def test_start_is_logged(release, marker):
    is_logged = release.read().says(marker)
    assert is_logged, f"the start of the release does not log: {marker}"


@checks("predeploy.startup")
@pytest.mark.parametrize("how", HOW)
def test_start_without_a_secret_is_refused(incomplete, backend, how):
    starts = [incomplete[how, name] for name in backend.secrets]
    wrong = [start.read().title for start in starts if not start.is_refused]
    assert wrong == [], f"a start without a secret is not refused: {'; '.join(wrong)}"


@checks("predeploy.startup")
@pytest.mark.parametrize("how", HOW)
def test_refusal_names_what_is_missing(incomplete, backend, how):
    starts = [incomplete[how, name] for name in backend.secrets]
    wrong = [start.read().title for start in starts if not start.says(start.lacks)]
    assert wrong == [], f"the refusal does not name what is missing: {'; '.join(wrong)}"


@checks("predeploy.startup")
def test_no_start_prints_a_secret(release, incomplete):
    starts = [release, *incomplete.values()]
    wrong = [
        f"{start.read().title}, and printed {', '.join(start.printed)}" for start in starts if start.printed
    ]
    assert wrong == [], f"a start prints a secret: {'; '.join(wrong)}"
