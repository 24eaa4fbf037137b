"""Attestations: what a person signed counts for one version in one environment, and never against what is broken."""

import json
import re
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.verdict import Attestation, load_attestations
from harness.verdict.attestations import add_attestations, as_toml
from harness.verdict.report import html, json_file, markdown, terminal
from runbook.errors import ConfigError
from runbook.loader import load_runbook
from tests.verdict_examples import (
    ALL_PASSED,
    HOOKS,
    LOGIN,
    LOGS,
    RUNBOOK,
    STARTED,
    issue,
    outcomes,
    passed,
    reason,
    result,
    signed,
    verdict,
)

ENTRY = as_toml(signed(LOGIN))
JO = "signed by Jo, 2026-11-23 01:02 UTC: Saw it work."


# --- what it counts for


def test_signature_stands_in_for_proof():
    given_verdict = verdict(*passed(LOGIN, HOOKS), attestations=(signed(LOGS),))
    assert (given_verdict.decision, outcomes(given_verdict)[LOGS]) == ("GO", "attested")
    assert reason(given_verdict, LOGS) == (
        f"{JO}; not proven by this run: no check of it exists yet; it takes calling the API"
    )
    assert given_verdict.summary == f"2 of 3 required items proven; 1 attested: {LOGS}"


def test_signature_changes_nothing_that_is_broken():
    given_verdict = verdict(
        *passed(LOGIN, HOOKS), result(LOGS, "failed", "no line"), attestations=(signed(LOGS),)
    )
    assert (given_verdict.decision, outcomes(given_verdict)[LOGS]) == ("NO-GO", "broken")
    assert reason(given_verdict, LOGS) == f"1 of 1 case broken: no line; yet {JO}"


def test_signature_changes_nothing_that_is_known_to_be_broken():
    broken = result(LOGS, "failed", "no line")
    given_verdict = verdict(
        *passed(LOGIN, HOOKS), broken, waivers=(issue(item=LOGS),), attestations=(signed(LOGS),)
    )
    assert outcomes(given_verdict)[LOGS] == "broken"


def test_signature_for_what_is_proven_is_kept_and_not_needed():
    given_verdict = verdict(*ALL_PASSED, attestations=(signed(LOGS),))
    item = given_verdict.items[1]
    assert (item.outcome, item.reason, item.attestations) == ("proven", "1 case holds", (signed(LOGS),))


@pytest.mark.parametrize(
    ("changes", "run", "note"),
    [
        (
            {"version": "1.4.1"},
            {},
            "void, signed for staging, version 1.4.1, and this is staging, version 1.4.2",
        ),
        (
            {"environment": "production"},
            {},
            "void, signed for production, version 1.4.2, and this is staging, version 1.4.2",
        ),
        (
            {},
            {"version": None},
            "void, signed for staging, version 1.4.2, and this is staging, version (not known)",
        ),
        (
            {},
            {"version": None, "unreachable": "refused"},
            "void, signed for staging, version 1.4.2, and this is staging, version (not known)",
        ),
    ],
    ids=["version", "environment", "no-version", "unreachable"],
)
def test_signature_for_another_version_or_environment_is_void_and_told(changes, run, note):
    void = (signed(LOGS, **changes), signed(HOOKS, by="Al", **changes))
    given_verdict = verdict(attestations=void, notes=("first",), **run)
    assert set(outcomes(given_verdict).values()) == {"not proven"}
    assert given_verdict.notes == ("first", f"{note}: {LOGS} by Jo, {HOOKS} by Al")
    assert given_verdict.decision == ("UNREACHABLE" if run.get("unreachable") else "INCONCLUSIVE")


def test_partial_run_with_a_signature_is_no_verdict():
    given_verdict = verdict(*passed(LOGIN), partial=True, attestations=(signed(LOGS),))
    assert (given_verdict.decision, outcomes(given_verdict)[LOGS]) == ("PARTIAL", "attested")
    assert f"1 attested: {LOGS}" in given_verdict.summary


# --- what is shown


def screen(given_verdict):
    return "\n".join(text for text, _ in terminal.render(given_verdict))


@pytest.mark.parametrize("render", [markdown.render, html.render, screen])
def test_every_report_shows_who_signed_when_and_what(render):
    shown = render(verdict(*passed(LOGIN, HOOKS), attestations=(signed(LOGS, by="Jo Doe"),)))
    _, found, below = shown.partition("ATTESTED" if "ATTESTED" in shown else "Attested by a person</h2>")
    if not found:
        _, found, below = shown.partition("## Attested by a person")
    said = " ".join(re.sub(r"<[^>]+>", " ", below).split())
    assert found
    assert said.find(LOGS) < said.find("signed by Jo Doe, 2026-11-23 01:02 UTC: Saw it work.") < 200
    assert "signed by Jo Doe" in said


BY_HAND = "stores.listings"


@pytest.mark.parametrize("render", [markdown.render, html.render, json_file.render, screen])
def test_every_report_shows_who_signed_for_what_no_check_can_see(render):
    shown = render(verdict(*passed(LOGIN, LOGS, HOOKS), attestations=(signed(BY_HAND, by="Jo Doe"),)))
    assert BY_HAND in shown
    assert "Jo Doe" in shown
    void = render(verdict(*passed(LOGIN, LOGS, HOOKS), attestations=(signed(BY_HAND, version="2"),)))
    assert f"{BY_HAND} by Jo" in " ".join(void.split())


def test_json_lists_every_signature_that_counts():
    both = (signed(LOGS), signed(LOGS, by="Al"), signed(LOGS, version="2"))
    items = json.loads(json_file.render(verdict(*passed(LOGIN, HOOKS), attestations=both)))["items"]
    assert [item["attestations"] for item in items] == [
        [],
        [{"by": by, "at": "2026-11-23T01:02:03+00:00", "note": "Saw it work."} for by in ("Jo", "Al")],
        [],
    ]


# --- the file


def test_what_only_a_person_can_see_can_be_signed_for(tmp_path):
    path, runbook = tmp_path / "attestations.toml", load_runbook()
    add_attestations(path, [signed(BY_HAND)], runbook)
    assert load_attestations(path, runbook) == (signed(BY_HAND),)
    with pytest.raises(ConfigError, match=BY_HAND):
        runbook.check_item_id(BY_HAND, "smoke/test_x.py")


def test_without_a_file_nothing_is_signed(tmp_path):
    assert load_attestations(tmp_path / "attestations.toml", RUNBOOK) == ()


def test_signatures_are_added_and_the_rest_of_the_file_stays(tmp_path):
    path = tmp_path / "staging" / "attestations.toml"
    add_attestations(path, [signed(LOGIN)], RUNBOOK)
    by_hand = "# By hand.\n" + path.read_text("utf-8").rstrip("\n") + "  # why not"
    path.write_text(by_hand, "utf-8")
    add_attestations(path, [signed(LOGS), signed(HOOKS)], RUNBOOK)
    assert path.read_text("utf-8").startswith(by_hand + "\n\n[[attestations]]\n")
    assert load_attestations(path, RUNBOOK) == (signed(LOGIN), signed(LOGS), signed(HOOKS))
    assert [each.name for each in path.parent.iterdir()] == ["attestations.toml"]


texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(str.strip)


@given(texts, texts, texts, st.datetimes(min_value=datetime(1990, 1, 1)))
def test_any_text_comes_back_from_the_file(tmp_path_factory, by, note, version, at):
    path = tmp_path_factory.mktemp("signed") / "attestations.toml"
    one = signed(LOGIN, by=by, note=note, version=version, at=at.replace(tzinfo=STARTED.tzinfo))
    add_attestations(path, [one], RUNBOOK)
    assert load_attestations(path, RUNBOOK) == (one,)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (ENTRY + 'nota = "x"', "attestations.0.nota: unknown key; did you mean note?"),
        (ENTRY.replace('by = "Jo"\n', ""), "attestations.0.by: missing; add this key"),
        (ENTRY.replace('"Jo"', '"  "'), "attestations.0.by: is blank; say it in words"),
        (ENTRY.replace('"Saw it work."', '""'), "attestations.0.note: is blank"),
        (ENTRY.replace("+00:00", ""), "attestations.0.at: "),
        (ENTRY.replace("T01:02:03+00:00", ""), "attestations.0.at: "),
        (
            ENTRY.replace(LOGIN, "auth.logn"),
            "attestations.0.item: no checklist item is called 'auth.logn'; did you",
        ),
        (ENTRY + ENTRY.replace('"1.4.2"', "1.4"), "attestations.1.version: "),
        ("attestations = 7", "attestations: "),
        ("[[attestation]]", "attestation: unknown key; did you mean attestations?"),
        ("[[", "not valid TOML"),
    ],
)
def test_slip_in_the_file_is_named_with_its_place(tmp_path, text, told):
    path = tmp_path / "attestations.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(ConfigError, match=re.escape(told)) as caught:
        load_attestations(path, RUNBOOK)
    assert str(path) in str(caught.value)
    with pytest.raises(ConfigError):
        add_attestations(path, [signed(LOGIN)], RUNBOOK)
    assert path.read_text("utf-8") == text


def test_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "staging").write_text("a file")
    with pytest.raises(ConfigError, match="staging"):
        add_attestations(tmp_path / "staging" / "attestations.toml", [signed(LOGIN)], RUNBOOK)


def test_attestation_says_what_it_counts_for():
    one: Attestation = signed(LOGIN)
    assert [
        one.counts(*where) for where in [("staging", "1.4.2"), ("staging", None), ("local", "1.4.2")]
    ] == [
        True,
        False,
        False,
    ]
