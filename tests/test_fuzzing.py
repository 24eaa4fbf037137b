"""Made-up requests that are sent: by whom, about whom, and what of it stands in the ledger."""

import json
import re
from collections import Counter

import pytest
from answering import ACCESS, CLAIM, LOGIN, LOGOUT, ORDER, REGISTER, SEED, WEBHOOK, Answering, send

from harness.contract.cast import NAME
from harness.contract.document import operations
from harness.contract.judging import wrong_with
from harness.contract.written import written


@pytest.fixture
def sending(meet, make_environment):
    """`sending(backend, kind, label)`: what became of the requests of one operation, and the ledger's entries."""

    def sending(backend, kind, label):
        fuzzed, entries = send(meet, make_environment, backend, kind, label)
        return fuzzed[0], entries

    return sending


def test_every_request_is_sent_with_the_callers_token_and_some_without_any(sending):
    backend = Answering()
    fuzzed, _ = sending(backend, "valid", CLAIM)
    shown = Counter("authorization" in request.headers for request in backend.sent("/api/battle-pass"))
    assert (shown[True], shown[False]) == (len(fuzzed.first.answered), len(written(operations()[CLAIM])))
    assert {answer.status for answer in fuzzed.tokenless} == {401}
    assert (fuzzed.unsent, fuzzed.budget.seed, fuzzed.after) == (0, SEED, None)


def test_paths_name_players_of_this_run(sending):
    backend = Answering()
    _, entries = sending(backend, "valid", CLAIM)
    accounts = {entry["username"] for entry in entries if entry["kind"] == "account"}
    named = {request.target.split("/")[3] for request in backend.sent("/api/battle-pass")}
    assert len(accounts) == 2
    assert named == accounts


def test_gates_are_asked_by_an_owner_too(sending):
    backend = Answering()
    fuzzed, _ = sending(backend, "valid", ACCESS)
    assert {each.exchange.response.status_code for each in fuzzed.first.answered} == {200, 403}


def test_path_is_encoded_once(sending):
    backend = Answering()
    sending(backend, "invalid", ACCESS)
    targets = {request.target for request in backend.sent("/api/hero/")}
    assert "/api/hero/two%20words/cinematic/access" in targets
    assert "/api/hero/h%C3%A9ro/cinematic/access" in targets
    assert "/api/hero/%2500/cinematic/access" in targets


def test_one_session_is_ended_and_it_is_a_new_one(sending):
    backend = Answering()
    fuzzed, _ = sending(backend, "valid", LOGOUT)
    assert len(fuzzed.first.answered) == 1
    assert len(backend.sent("/api/auth/login")) == 1
    assert len(backend.sessions) == 1


def test_every_second_login_has_the_right_password(sending):
    fuzzed, _ = sending(Answering(), "valid", LOGIN)
    statuses = Counter(each.exchange.response.status_code for each in fuzzed.first.answered)
    assert statuses[200] == (sum(statuses.values()) + 1) // 2
    assert statuses[401] == sum(statuses.values()) // 2
    invalid, _ = sending(Answering(), "invalid", LOGIN)
    assert 200 not in {each.exchange.response.status_code for each in invalid.first.answered}


def test_registered_names_are_those_in_the_ledger(sending):
    backend = Answering()
    _, entries = sending(backend, "valid", REGISTER)
    noted = [entry["username"] for entry in entries if entry["kind"] == "account"]
    registered = [json.loads(request.body)["username"] for request in backend.sent("/api/user/register")]
    assert sorted(noted) == sorted(registered)
    assert len({name.lower() for name in registered}) == len(registered)
    assert len(registered) == 2


def test_one_registration_at_most_that_breaks_the_schema_may_make_an_account(sending):
    class Lenient(Answering):
        def register(self, username, password):
            proper = isinstance(username, str) and NAME.fullmatch(username)
            longish = isinstance(password, str) and len(password) >= 6
            return super().register(username, password) if proper and longish else (422, {"detail": "no"})

    backend = Lenient()
    fuzzed, entries = sending(backend, "invalid", REGISTER)
    made = [each for each in fuzzed.first.answered if each.exchange.response.status_code == 200]
    noted = [entry["username"] for entry in entries if entry["kind"] == "account"]
    assert len(made) == len(noted) == 1
    assert len(fuzzed.first.answered) > 20


def test_invalid_events_that_may_be_taken_are_about_another_player_than_those_that_may_not(sending):
    backend = Answering()
    fuzzed, _ = sending(backend, "invalid", WEBHOOK)
    victim = fuzzed.after.json["username"]
    about = {True: set(), False: set()}
    for each in fuzzed.first.answered:
        event = bool(wrong_with(fuzzed.operation, each.request)), named_in(each.exchange.sent_body)
        about[event[0]] |= event[1]
    assert about[True] == {victim}
    assert len(about[False]) == 1
    assert about[False].isdisjoint(about[True])


def named_in(body: bytes) -> set[str]:
    """The players of this run that an event names."""
    return set(re.findall("smoke_[0-9a-f]{6}_[0-9]{3}", body.decode("utf-8", "replace")))


def test_what_the_player_gained_whom_they_were_about_is_seen(sending):
    def grant(request):
        if "purchases" in request.target:
            name = backend.sessions[request.headers["authorization"].removeprefix("Bearer ")]
            backend.change(name, "NO_ADS", True, 1)

    backend = Answering(grant)
    assert sending(backend, "invalid", ORDER)[0].gained() == {"NO_ADS"}
    assert sending(Answering(), "invalid", ORDER)[0].gained() == set()
