"""Generic response mutation: with --whole, every mutant is killed or stands classified in docs/mutants.md."""

import json
import re
from pathlib import Path

import pytest
from selfcheck import fuzzed, runs
from selfcheck.mutation import Proxy, mutants
from selfcheck.served import deployment

FAST = ("verify-2xx-valid-removed", "snapshot-4xx-200", "webhook-2xx-500")
CLASSIFIED = re.compile(r"^\| `([\w.-]+)` \|", re.MULTILINE)


def pytest_generate_tests(metafunc):
    if "mutant" in metafunc.fixturenames:
        every = list(mutants())
        if not metafunc.config.getoption("whole"):
            every = [mutant for mutant in every if mutant.name in FAST]
        metafunc.parametrize("mutant", every, ids=lambda mutant: mutant.name)


@pytest.fixture(scope="session")
def through_proxy(tmp_path_factory):
    """A deployment behind a proxy: the proxy, and the arguments and variables that lead the suite through it."""
    with deployment(tmp_path_factory.mktemp("mutants")) as served:
        proxy = Proxy(served.base_url)
        env = served.environment(
            proxy.origin,
            access={"max_concurrency": 48, "timeout_s": 5},
            webhook={"settles_within_s": 1, "answers_within_s": 5},
            logs={"visible_within_s": 1},
        )
        yield proxy, env, served.variables
        proxy.close()


def test_mutant_is_killed_or_classified(mutant, through_proxy, request, tmp_path):
    proxy, env, variables = through_proxy
    proxy.mutant, proxy.applied = mutant, 0
    # The bodies of refusals are the contract checks' business. What a part of the checks kills, all of them do.
    for part in ["contracts"] if "-4xx-" in mutant.name else ["smoke", "contracts"]:
        brief = fuzzed.options(examples=fuzzed.BRIEF)
        ended = runs.run(tmp_path / part, env, part, *brief, variables=variables)
        killed = ended.verdict is None or ended.verdict["decision"] in ("NO-GO", "UNREACHABLE")
        if killed:
            break
    if whole := request.config.getoption("whole"):
        fate = {"name": mutant.name, "applied": proxy.applied, "killed": killed}
        fate["broken"] = [item for item, outcome in ended.outcomes.items() if outcome == "broken"]
        place = Path(whole) / "mutants"
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{mutant.name}.json").write_text(json.dumps(fate), "utf-8")
    document = (runs.ROOT / "docs" / "mutants.md").read_text("utf-8")
    assert killed or not proxy.applied or mutant.name in CLASSIFIED.findall(document)
