"""Options that are answered without running a check here: --list-envs, --attest and --watch."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from harness import environment
from harness.contract.budget import budget
from harness.errors import ConfigError, Unreachable
from harness.evidence.exchange import now
from harness.options import usable
from harness.postdeploy.watch import watch
from harness.rollout import base_url, rollout
from harness.run import Run
from harness.verdict.attestations import FILE, Attestation, add_attestations, load_attestations
from harness.verdict.report import inert
from runbook.loader import load_runbook


def without_a_run(config: pytest.Config) -> tuple[str, int]:
    """What to print and the exit code, where one of options.ANSWERED is given."""
    if config.getoption("list_envs"):
        known = environment.available().items()
        return "\n".join(f"{name:12} {environment.title(path)}" for name, path in known), 0
    watched = any(config.getoption(option) is not None for option in ("watch", "every"))
    try:
        with usable():
            return watch(config) if watched else _attest(config)
    except KeyboardInterrupt:
        return "interrupted: nothing was signed", 2


def _attest(config: pytest.Config) -> tuple[str, int]:
    """Sign for items in the version that answers now.

    A command of its own: who signs has read a report and done by hand what no run can do, and need not wait for
    another run, which would write on the target once more. The next run counts the signature.
    """
    items, by, note = _given(config)
    chosen = environment.load(config.getoption("env"), base_url(config))
    asked = rollout(config, chosen)
    runbook, path = load_runbook(), Path(config.getoption("reports")) / chosen.name / FILE
    for item in items:
        runbook.check_item_id(item, "--attest", by_hand=True)
    load_attestations(path, runbook)  # what is wrong with it is said before the target is asked
    with TemporaryDirectory() as folder:  # the last run's log and ledger stay
        run = Run(chosen, Path(folder), budget(config), rollout=asked)
        scrub = run.secrets.scrub
        try:
            answering = run.wait().version
        except Unreachable as cause:
            return inert.lines(f"UNREACHABLE: {scrub(str(cause))}\nnothing was signed"), 11
        finally:
            run.close()
    version = answering and scrub(answering)  # nobody signs for a secret
    if version is None:
        raise ConfigError(
            "--attest", "the target names no version, and one is signed for", "let its health name it"
        )
    name, by, at = chosen.name, scrub(by), now().replace(microsecond=0)
    signed = [
        Attestation(item=item, environment=name, version=version, by=by, note=scrub(note), at=at)
        for item in items
    ]
    add_attestations(path, signed, runbook)
    return inert.lines(f"signed by {by} for {name}, version {version}: {', '.join(items)}\n{path}"), 0


def _given(config: pytest.Config) -> tuple[list[str], str, str]:
    """Items, name and note. Raises ConfigError unless all three are there, and say something."""
    items, by, note = (config.getoption(option) or "" for option in ("attest", "by", "note"))
    for option, values in (("--attest", items), ("--by", [by]), ("--note", [note])):
        if not values or not all(value.strip() for value in values):
            raise ConfigError(option, "is missing or blank", "sign with --attest=ITEM --by=NAME --note=TEXT")
        if any(value.encode("utf-8", "replace").decode() != value for value in values):
            raise ConfigError(option, "is not UTF-8", "set the terminal to UTF-8")
    return list(dict.fromkeys(items)), by, note
