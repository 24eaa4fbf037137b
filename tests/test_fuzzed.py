"""What became of made-up requests: what was kept back, what got no answer, and what a failure tells of it."""

import httpx
import pytest
from answering import (
    ACCESS,
    CLAIM,
    LOGIN,
    ORDER,
    READ_ONLY,
    REGISTER,
    SEED,
    SNAPSHOT,
    THROTTLED,
    WEBHOOK,
    Answering,
    send,
)

from harness.contract import fuzzing as module
from harness.contract.budget import READ_ONLY_EXAMPLES, Budget
from harness.contract.document import operations
from harness.contract.fuzzed import SHOWN, Fuzzed, Outcome, Sent
from harness.contract.fuzzing import ALWAYS, AT_ONCE
from harness.contract.generating import invalid
from harness.contract.written import Request, written
from harness.errors import NoAnswer, Unprovable
from harness.evidence.exchange import witnessed

OVER = "the time for fuzzing was over; give it more with --fuzz-seconds"
BUDGET = Budget(SEED, 12, 30)
AGAIN_TOLD = BUDGET.note


@pytest.fixture
def sending(meet, make_environment):
    """`sending(backend, kind, *labels)`: what became of the requests of the last operation."""

    def sending(*arguments, **options):
        return send(meet, make_environment, *arguments, **options)[0][-1]

    return sending


# What is kept back


def test_a_few_are_sent_however_late_it_is(sending):
    fuzzed = sending(Answering(), "valid", ACCESS, seconds=1e-9)
    assert len(fuzzed.first.answered) == ALWAYS
    assert {str(reason) for reason in fuzzed.first.kept_back} == {OVER}


def test_few_requests_without_a_departure_prove_nothing(sending):
    fuzzed = sending(Answering(), "invalid", ORDER, seconds=1e-9)
    with pytest.raises(Unprovable, match=OVER):
        fuzzed.mishaps()


def test_few_requests_with_a_departure_break_a_promise(sending):
    def teapot(request):
        return (418, {"detail": "no"}) if "/cinematic/" in request.target else None

    told = sending(Answering(teapot), "valid", ACCESS, seconds=1e-9).departures()
    assert "the status 418 is not documented" in told[0]


def test_those_that_are_sent_in_any_case_are_from_all_over_the_list(sending):
    fuzzed = sending(Answering(), "invalid", WEBHOOK, seconds=1e-9)
    made_up = invalid(fuzzed.operation, SEED, fuzzed.budget.examples)
    places = sorted(made_up.index(each.request) for each in fuzzed.first.answered)
    assert places[0] < len(made_up) / 5
    assert places[-1] > len(made_up) / 2


def test_the_time_is_that_of_all_operations_of_a_kind(sending, monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(module, "monotonic", lambda: clock[0])

    def tick(request):
        clock[0] += 1

    fuzzed = sending(Answering(tick), "valid", ACCESS, ACCESS, seconds=8)
    assert (len(fuzzed.first.answered), bool(fuzzed.first.kept_back)) == (ALWAYS, True)


def test_requests_that_wait_are_kept_back_once_the_time_is_over(sending, monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(module, "monotonic", lambda: clock[0])

    def tick(request):
        clock[0] += "webhooks" in request.target

    backend = Answering(tick)
    fuzzed = sending(backend, "invalid", WEBHOOK, seconds=10)
    answered = len(fuzzed.first.answered)
    assert AT_ONCE <= answered <= AT_ONCE + 10 < answered + fuzzed.unsent
    assert {str(reason) for reason in fuzzed.first.kept_back} == {OVER}


def test_throttled_requests_are_counted_and_the_others_judged(sending):
    def say(request):
        if request.target == "/api/purchases/verify" and b"PREMIUM" not in request.body:
            return THROTTLED
        return None

    fuzzed = sending(Answering(say), "invalid", ORDER)
    assert fuzzed.unsent > 0
    assert len(fuzzed.first.answered) > 10
    assert {each.exchange.response.status_code for each in fuzzed.first.answered} <= {402, 422}
    assert "is still throttled" in str(fuzzed.first.kept_back[0])


def test_operation_is_unprovable_where_every_request_is_throttled(sending):
    def say(request):
        return THROTTLED if "/cinematic/" in request.target else None

    with pytest.raises(Unprovable, match="is still throttled; run again later"):
        sending(Answering(say), "valid", ACCESS)


def test_throttle_for_those_without_a_token_hides_nothing_else(sending):
    def say(request):
        if "/cinematic/" not in request.target:
            return None
        return (500, {"detail": "crash"}) if "authorization" in request.headers else THROTTLED

    fuzzed = sending(Answering(say), "valid", ACCESS)
    assert "the status 500 is not documented" in "\n".join(fuzzed.departures())
    assert fuzzed.unsent == len(written(operations()[ACCESS]))
    with pytest.raises(Unprovable, match="is still throttled"):
        _ = fuzzed.tokenless


@pytest.mark.parametrize("label", [CLAIM, LOGIN, ORDER, WEBHOOK])
@pytest.mark.parametrize("kind", ["valid", "invalid"])
def test_what_may_write_is_not_sent_where_writes_are_forbidden(sending, label, kind):
    backend = Answering()
    with pytest.raises(Unprovable, match=r"may write; set access\.writes = true"):
        sending(backend, kind, label, **READ_ONLY)
    assert {request.target for request in backend.seen} <= {"/api/auth/login"}


def test_registration_is_not_sent_where_writes_are_forbidden(sending):
    backend = Answering()
    with pytest.raises(Unprovable, match="POST /api/user/register may write"):
        sending(backend, "valid", REGISTER, **READ_ONLY)
    assert backend.sent("/api/user") == []


@pytest.mark.parametrize("label", [ACCESS, SNAPSHOT])
def test_reading_is_allowed_there_with_few_random_requests(sending, label):
    fuzzed = sending(Answering(), "valid", label, examples=50, **READ_ONLY)
    random = [each for each in fuzzed.first.answered if each.request.origin == "random"]
    assert (len(random) <= READ_ONLY_EXAMPLES, fuzzed.unsent) == (True, 0)
    assert bool(random) == ("hero" in label)


# What is told


def test_request_without_an_answer_is_told(sending):
    def say(request):
        return b"nonsense" if "/hero/a/" in request.target else None

    fuzzed = sending(Answering(say), "valid", ACCESS)
    assert fuzzed.departures()[0].startswith("GET /api/hero/a/cinematic/access got no answer, twice: ")
    assert fuzzed.departures()[-1] == fuzzed.budget.note
    assert len(fuzzed.first.unanswered) == 1


def fuzzed_of(*sent, label=ORDER, first=(), again=(), after=None) -> Fuzzed:
    outcome = Outcome(list(sent), list(first), [])
    return Fuzzed(operations()[label], BUDGET, outcome, Outcome([], list(again), []), after)


def sent_of(make_exchange, status=402, body=None, sent=b"{}", leaks=(), refused=False, path="/api/x") -> Sent:
    exchange = make_exchange(
        body or {"detail": "no"}, status, sent_body=sent, url=httpx.URL(f"http://target.invalid{path}")
    )
    return Sent(operations()[ORDER], Request("random", {}, b"\x00" if refused else {}), exchange, list(leaks))


def test_departure_is_told_once_with_the_shortest_request(make_exchange):
    long = sent_of(make_exchange, 418, sent=b"{   }", path="/api/long")
    short = sent_of(make_exchange, 418, path="/api/short")
    well = sent_of(make_exchange, path="/api/well")
    with witnessed() as seen:
        told = fuzzed_of(long, well, short).departures()
    assert len(told) == 2
    assert told[0].startswith("GET /api/short answered 418: the status 418 is not documented")
    assert told[1] == AGAIN_TOLD
    assert seen == [short.exchange]


def test_at_most_five_departures_are_told(make_exchange):
    sent = [sent_of(make_exchange, status) for status in range(410, 420)]
    assert len(fuzzed_of(*sent).departures()) == SHOWN + 1


def test_nothing_is_told_where_all_is_well(make_exchange):
    fuzzed = fuzzed_of(sent_of(make_exchange), sent_of(make_exchange, 503))
    assert (fuzzed.departures(), fuzzed.mishaps()) == ([], [])


def test_unanswered_requests_are_told_first_and_not_all(make_exchange):
    errors = [NoAnswer(f"no answer {number}") for number in range(9)]
    told = fuzzed_of(sent_of(make_exchange, 418), first=errors[:2], again=errors[2:]).departures()
    assert told[:SHOWN] == [f"no answer {number}" for number in range(SHOWN)]
    assert len(told) == SHOWN + 2


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"status": 500}, "a crash: 500"),
        ({"status": 200, "refused": True}, "invalid, and not refused"),
        ({"status": 422, "body": {"error": "no"}}, "promised `detail`, and the answer has none"),
        ({"leaks": ["shows a stack trace"]}, "shows a stack trace"),
    ],
)
def test_mishap_is_told(make_exchange, sent, said):
    told = fuzzed_of(sent_of(make_exchange, **sent)).mishaps()
    assert (said in told[0], told[1:]) == (True, [AGAIN_TOLD])


def test_what_may_be_taken_is_no_mishap(make_exchange):
    assert fuzzed_of(sent_of(make_exchange, 200), sent_of(make_exchange, refused=True)).mishaps() == []


def test_leak_is_a_departure_of_a_good_answer_too(make_exchange):
    sent = sent_of(make_exchange, 402, leaks=["shows a secret: JWT_SECRET_KEY"])
    assert fuzzed_of(sent).departures() == [
        "GET /api/x answered 402: shows a secret: JWT_SECRET_KEY",
        AGAIN_TOLD,
    ]


def test_marker_of_what_is_settled_is_no_gain(make_exchange):
    keys = ("PREMIUM", "PREMIUM_CINEMATIC_OWNED:settled_1", "PREMIUM_CINEMATIC_OWNED:hero_1")
    after = make_exchange({"entitlements": {key: {"status": "owned"} for key in keys}})
    assert fuzzed_of(after=after).gained() == {"PREMIUM", "PREMIUM_CINEMATIC_OWNED:hero_1"}
    assert fuzzed_of().gained() == set()


# Whose names an answer may hold


@pytest.mark.parametrize("spelling", [str, str.lower, str.upper], ids=["same", "lower", "upper"])
def test_registered_name_may_come_back_in_another_spelling(sending, spelling):
    class Canonical(Answering):
        def register(self, username, password):
            status, answer = super().register(username, password)
            return status, {**answer, "user": {"username": username, "canonical": spelling(username)}}

    fuzzed = sending(Canonical(), "valid", REGISTER)
    assert [each.leaks for each in fuzzed.first.answered if each.leaks] == []
    assert len(fuzzed.first.answered) == 2


def test_name_of_somebody_else_is_told(sending):
    backend = Answering()

    def say(request):
        if "/cinematic/" in request.target:
            return 403, {"detail": "this belongs to " + max(backend.passwords)}
        return None

    backend.say = say
    fuzzed = sending(backend, "valid", ACCESS)
    asked_by = {each.exchange.sent_headers for each in fuzzed.first.answered if each.leaks}
    assert len(asked_by) == 1
    told = fuzzed.departures()
    assert "shows another player's name: smoke_" in told[0]
