"""Who plays in a made-up request: nobody but the accounts of this run."""

import asyncio
import re
import uuid

import pytest
from contract_file import DELIVERIES, breaches
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode

from harness.contract.cast import NAMED, Scene
from harness.contract.document import operations
from harness.contract.generating import known
from harness.contract.written import Request
from harness.errors import PromiseBroken
from harness.target.roles import Roles

REGISTER, LOGIN = operations()["POST /api/user/register"], operations()["POST /api/auth/login"]
WEBHOOK = operations()["POST /api/webhooks/revenuecat"]
CLAIM = operations()["POST /api/battle-pass/{username}/claim/{track}/{level}"]
OWN = "smoke_ab12cd_007"  # the next name of this run
STRANGERS = [
    "Contract_Player",
    "abc",
    "5f0c2b7a-0000-4000-8000-0000000000ac",
    "$RCAnonymousID:" + "0" * 32,
    "somebody else",
]
ANONYMOUS_ID = re.compile(r"\$RCAnonymousID:[0-9a-f]{32}")
MALFORMED = [None, 7, True, {"$ne": ""}, "", "ab", "a" * 21, "two words", "zoë"]
once = settings(max_examples=60, derandomize=True, database=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def scene(make_player) -> Scene:
    return a_scene(make_player)


def a_scene(make_player, signs_in: bool = True) -> Scene:
    return Scene(make_player("0" * 64), "smoke_customer", signs_in)


def body_of(scene: Scene, operation, body):
    return scene.body(operation, Request("random", {}, body), lambda: OWN)


def event_of(scene: Scene, **fields):
    return body_of(scene, WEBHOOK, {"api_version": "1.0", "event": fields})["event"]


# Paths


def test_path_names_a_player_of_this_run(scene):
    request = Request("random", {"username": "abc", "track": "free", "level": 7}, None)
    assert scene.path(request) == {"username": scene.whose.username, "track": "free", "level": "7"}


@pytest.mark.parametrize("name", [name for name in MALFORMED if name not in (None, True)], ids=repr)
def test_name_in_a_path_that_is_none_is_left_as_made_up(scene, name):
    assert scene.path(Request("random", {"username": name}, None)) == {"username": str(name)}


# Accounts


@pytest.mark.parametrize(
    ("made_up", "sent"),
    [
        ("abc", OWN),
        ("lower_case_name_1", OWN + "1"),
        ("lower_case_name_of20", OWN + "of20"),
        ("Upper_Case", "Smoke_Ab12Cd_007"),
        ("A1234567890123456789", "Smoke_Ab12Cd_0076789"),
        ("12345678901234567890", "Smoke_Ab12Cd_0077890"),
    ],
)
def test_registered_name_is_of_this_run_and_as_long_and_as_upper_as_the_made_up_one(scene, made_up, sent):
    body = body_of(scene, REGISTER, {"username": made_up, "password": "as it was", "more": 1})
    assert body == {"username": sent, "password": "as it was", "more": 1}


@given(st.from_regex("[A-Za-z0-9_]{3,20}", fullmatch=True))
def test_whatever_name_is_made_up_another_one_is_registered(scene, made_up):
    sent = body_of(scene, REGISTER, {"username": made_up})["username"]
    assert sent.lower().startswith(OWN)
    assert len(sent) == max(len(OWN), len(made_up))
    assert re.fullmatch("[A-Za-z0-9_]+", sent)


@pytest.mark.parametrize("operation", [REGISTER, LOGIN], ids=lambda operation: operation.name)
@pytest.mark.parametrize("name", MALFORMED, ids=repr)
def test_name_that_is_none_is_left_as_made_up(scene, operation, name):
    body = {"username": name, "password": "secret"}
    assert body_of(scene, operation, body) is body


@pytest.mark.parametrize("operation", [REGISTER, LOGIN, WEBHOOK], ids=lambda operation: operation.name)
@pytest.mark.parametrize("body", [None, b"\x00", [], ["abc"], "abc", 7, {}, {"event": ["abc"]}], ids=repr)
def test_body_of_another_shape_is_left_as_made_up(scene, operation, body):
    assert body_of(scene, operation, body) is body


@pytest.mark.parametrize("signs_in", [True, False])
def test_login_is_a_players_with_the_right_password_or_the_made_up_one(make_player, signs_in):
    scene = a_scene(make_player, signs_in)
    body = body_of(scene, LOGIN, {"username": "abc", "password": "made up"})
    expected = scene.whose.password if signs_in else "made up"
    assert body == {"username": scene.whose.username, "password": expected}


def test_no_other_body_is_touched(scene):
    body = {"username": "abc", "event": {"app_user_id": "abc"}}
    assert body_of(scene, CLAIM, body) is body


# Events


@pytest.mark.parametrize("field", NAMED)
@pytest.mark.parametrize("stranger", STRANGERS)
def test_event_names_the_customer_alone(scene, field, stranger):
    sent = event_of(scene, **{field: stranger, "store": "APP_STORE"})
    own = sent[field]
    assert set(texts(own)) <= {"smoke_customer"}
    assert sent == {field: own, "store": "APP_STORE"}
    listed = event_of(scene, **{field: [stranger, "abc", [stranger]]})[field]
    assert [type(each) for each in listed] == [str, str, list]
    assert listed[1] == "smoke_customer"
    assert set(texts(listed)) == {"smoke_customer"}


def test_anonymous_alias_stays_one_and_is_nobodys(scene):
    made_up = "$RCAnonymousID:" + "0" * 32
    first, again = (event_of(scene, aliases=[made_up])["aliases"] for _ in range(2))
    assert ANONYMOUS_ID.fullmatch(first[0])
    assert len({made_up, *first, *again}) == 3


@pytest.mark.parametrize("field", NAMED)
@pytest.mark.parametrize("value", [None, 7, True, {"$ne": ""}, "", [], [None, 7, {"$ne": ""}]], ids=repr)
def test_name_of_another_kind_is_left_as_made_up(scene, field, value):
    assert event_of(scene, **{field: value}) == {field: value}


@pytest.mark.parametrize("made_up", [str(uuid.UUID(int=7)), "5f0c2b7a-0000-4000-8000-000000000001"])
def test_event_gets_an_id_of_its_own_each_time(scene, made_up):
    sent = {event_of(scene, id=made_up)["id"] for _ in range(20)}
    assert len(sent) == 20
    assert made_up not in sent
    assert {str(uuid.UUID(each)) for each in sent} == {each.lower() for each in sent}


def test_id_in_upper_case_stays_in_upper_case(scene):
    """As RevenueCat's dashboard sends it."""
    made_up = "5F0C2B7A-0000-4000-8000-00000000000E"
    sent = event_of(scene, id=made_up)["id"]
    assert (sent == sent.upper(), sent == made_up) == (True, False)


@pytest.mark.parametrize("made_up", [None, 7, "", "text", str(uuid.UUID(int=7)) + " ", {"$ne": ""}], ids=repr)
def test_id_that_is_none_is_left_as_made_up(scene, made_up):
    assert event_of(scene, id=made_up)["id"] == made_up


def test_examples_stay_what_they_are(scene):
    """With other players and ids they are still RevenueCat's events."""
    for each in DELIVERIES.values():
        sent = body_of(scene, WEBHOOK, each["value"])
        assert breaches({"$ref": "#/components/schemas/Delivery"}, sent) == []
        changed = {name for name, value in sent["event"].items() if value != each["value"]["event"][name]}
        assert changed == {"id", *NAMED}.intersection(sent["event"])


names = st.recursive(
    st.sampled_from(STRANGERS) | st.text() | st.none(), lambda each: st.lists(each, max_size=3)
)


@once
@given(
    case=known(WEBHOOK).as_strategy(generation_mode=GenerationMode.POSITIVE),
    made_up=st.dictionaries(st.sampled_from(NAMED), names),
)
@example(case=None, made_up={"aliases": STRANGERS})
def test_no_made_up_name_leaves_the_process(scene, case, made_up):
    body = case.body if case else {"event": {}}
    if case:
        assert breaches({"$ref": "#/components/schemas/Delivery"}, body_of(scene, WEBHOOK, body)) == []
    sent = event_of(scene, **{**body["event"], **made_up})
    assert {name for field in NAMED for name in texts(sent.get(field))} <= {"smoke_customer", ""}


@once
@given(case=known(WEBHOOK).as_strategy(generation_mode=GenerationMode.NEGATIVE))
def test_nor_in_an_event_that_breaks_the_schema(scene, case):
    if isinstance(case.body, dict) and isinstance(case.body.get("event"), dict):
        sent = body_of(scene, WEBHOOK, case.body)["event"]
        assert {name for field in NAMED for name in texts(sent.get(field))} <= {"smoke_customer", ""}


def texts(value) -> list[str]:
    """What stands in a field where a name is looked for, but for anonymous ids that were not made up."""
    if isinstance(value, list):
        return [found for each in value for found in texts(each)]
    anonymous = isinstance(value, str) and ANONYMOUS_ID.fullmatch(value) and value not in STRANGERS
    return [value] if isinstance(value, str) and not anonymous else []


# Roles


class Cast:
    """Makes players by number; what it was asked for is in `asked`."""

    def __init__(self, make_player, error: Exception | None = None) -> None:
        self.asked: list[str] = []
        self._make, self._error = make_player, error

    async def _player(self, kind):
        self.asked.append(kind)
        await asyncio.sleep(0)
        if self._error:
            raise self._error
        return self._make("0" * 64, kind=kind)

    async def any(self, *, at_limits=False):
        return await self._player("any at limits" if at_limits else "any")

    async def register(self):
        return await self._player("register")

    async def login(self, username, password):
        return await self._player(f"login {username}")

    def roles(self) -> Roles:
        return Roles(self, lambda: self._player("owner"), lambda: self._player("customer"))


def test_each_role_is_made_once_when_it_is_first_asked_for(make_player):
    cast = Cast(make_player)

    async def work():
        roles = cast.roles()
        asked = [roles.player("caller"), roles.player("caller"), roles.player("other"), roles.player("owner")]
        players = await asyncio.gather(*asked, roles.customer("victim"), roles.customer("customer"))
        again = [await roles.player("caller"), await roles.customer("victim"), await roles.session()]
        return players, again

    players, again = asyncio.run(work())
    assert sorted(cast.asked) == [
        "any at limits",
        "customer",
        "customer",
        "login smoke_1",
        "owner",
        "register",
    ]
    assert players[0] is players[1] is again[0]
    assert players[4] is again[1]
    assert len({id(player) for player in [*players, *again]}) == 6


def test_role_that_cannot_be_made_says_why_every_time(make_player):
    error = PromiseBroken("no")
    cast = Cast(make_player, error)

    async def work():
        roles = cast.roles()
        return await asyncio.gather(*[roles.player("owner") for _ in range(3)], return_exceptions=True)

    assert asyncio.run(work()) == [error] * 3
    assert cast.asked == ["owner"]
