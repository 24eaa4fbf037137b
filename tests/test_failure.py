"""What a failed check tells."""

from harness.target.webhooks import encode, event
from harness.verdict.failure import Checked, explain
from harness.verdict.words import in_words
from runbook.loader import load_runbook

RUNBOOK = load_runbook()
ITEM = RUNBOOK.item("auth.login")
SCENARIO = RUNBOOK.scenario(ITEM.scenario)


def told(observed, evidence=(), scrub=str, **known):
    failure = Checked("test_login_works[again]", observed, "smoke/test_auth.py:7", **known)
    return explain(ITEM, SCENARIO, failure, evidence, scrub).splitlines()


def test_first_line_is_the_same_for_cases_that_fail_alike(make_exchange):
    evidence = [make_exchange({}, 500)]
    assert told("AssertionError: assert 500 == 200", evidence)[0] == (
        "GET /api/health answered 500: assert 500 == 200"
    )


def test_case_place_promise_and_scenario_are_named():
    lines = told("AssertionError: assert 1 == 2")
    assert "checked    login works [again] (smoke/test_auth.py:7)" in lines
    assert f"promised   {ITEM.promise}" in lines
    assert lines[-1] == f"rollback   scenario {SCENARIO.number}: {SCENARIO.title}"


def test_latest_answer_comes_last_with_what_went_before_it(make_exchange):
    story = []
    first, last = (make_exchange({"n": n}, story=story, note=f"call {n}") for n in (1, 2))
    story += [first, last]
    lines = told("assert 0", [last])
    assert [line for line in lines if line.startswith(("before", "observed"))] == [
        f"before     {first.title}",
        f"observed   {last.title} in 200 ms",
    ]


def test_check_that_could_not_go_on_warns_of_a_hasty_rollback():
    assert [line for line in told("ProbeFailed: x", stuck=True) if line.startswith("beware")] != []
    assert [line for line in told("assert 0") if line.startswith("beware")] == []


def test_nothing_in_it_is_a_secret_or_a_command(make_exchange):
    evidence = [make_exchange(b"\x1b[2J\n::error::hidden\nhush")]
    text = "\n".join(told("assert 0", evidence, lambda text: text.replace("hush", "<secret>")))
    assert ("hush" in text, "\x1b" in text, "\n           ::error" in text) == (False, False, False)


def test_endless_text_is_cut_and_no_secret_with_it():
    secret = "%" * 30
    observed = "\n".join([f"assert {'x' * 990 + secret} == 'y'", *map(str, range(10_000))])
    lines = told(f"AssertionError: {observed}", scrub=lambda text: text.replace(secret, "<secret>"))
    assert max(map(len, lines)) < 1100
    assert len(lines) < 60
    assert "    ... (9961 more lines)" in lines
    assert "%" not in lines[0]


def test_name_of_a_test_reads_as_words():
    assert in_words("test_late_renewal_revives_nothing") == "late renewal revives nothing"


def test_what_wrote_before_can_be_repeated_and_what_read_is_only_named(make_exchange):
    story = []
    login, outage, again, last = (
        make_exchange({}, story=story, method=method, note=f"call {nth}", sent_body=b'{"mode":"down"}')
        for nth, method in enumerate(("GET", "PUT", "POST", "GET"))
    )
    story += [login, outage, again, last]
    lines = told("assert 0", [again, last])
    before = lines[lines.index(f"before     {login.title}") : lines.index(f"before     {again.title}") + 2]
    assert before[:-1] == [
        f"before     {login.title}",
        f"before     {outage.title}",
        f"           {outage.curl(str)}",
        f"before     {again.title}",
    ]
    assert before[-1].startswith("observed   ")  # its command stands there
    assert "--data-raw" in outage.curl(str)


def test_long_body_of_what_went_before_is_cut(make_exchange):
    story = []
    sent = make_exchange({}, story=story, method="POST", sent_body=b"x" * 5000)
    last = make_exchange({}, story=story)
    story += [sent, last]
    lines = told("assert 0", [last])
    command = lines[lines.index(f"before     {sent.title}") + 1]
    assert "... (5000 characters)" in command
    assert len(command) < 1200


def test_event_that_went_before_is_whole_and_can_be_sent_again(make_exchange):
    story = []
    more = {"cancel_reason": "CUSTOMER_SUPPORT", "expiration_at_ms": 1795995396556}
    body = encode(event("CANCELLATION", "a" * 20, ("PREMIUM_CINEMATIC_OWNED:hero_1",), **more))
    sent = make_exchange({}, story=story, method="POST", sent_body=body)
    story += [sent, make_exchange({}, story=story)]
    assert body.decode() in "\n".join(told("assert 0", [story[-1]]))
