"""Which made-up requests a deployment has to refuse, and which a lenient one may take."""

import pytest
from contract_file import DELIVERIES, ORDERS

from harness.contract.document import operations
from harness.contract.generating import valid
from harness.contract.judging import wrong_with
from harness.contract.written import Request

OPERATIONS = {operation.name: operation for operation in operations().values()}
EVENT = DELIVERIES["INITIAL_PURCHASE"]["value"]["event"]
ORDER = ORDERS["with transaction"]["value"]
NAMED = {"username": "abc", "password": "123456"}
BOUGHT = {"package_id": "vip_1", "tier": "premium", "amount": 1, "quantity": 1, "product_id": "x"}


def delivery(**fields):
    return {"api_version": "1.0", "event": {**EVENT, **fields}}


def without(body, name):
    return {key: value for key, value in body.items() if key != name}


# What is wrong, the call, its body.
REFUSED = [
    ("no JSON", "webhook", b"\x00"),
    ("JSON null", "webhook", b"null"),
    ("a list", "webhook", [delivery()]),
    ("a text", "webhook", "text"),
    ("an event that is a text", "webhook", {"api_version": "1.0", "event": "text"}),
    ("an event that is a list", "webhook", {"api_version": "1.0", "event": [EVENT]}),
    ("an event that is null", "webhook", {"api_version": "1.0", "event": None}),
    ("an id that is a number", "webhook", delivery(id=7)),
    ("an id that is null", "webhook", delivery(id=None)),
    ("a type that is an object", "webhook", delivery(type={"$ne": ""})),
    ("a type that is null", "webhook", delivery(type=None)),
    ("entitlements that are a text", "webhook", delivery(entitlement_ids="premium")),
    ("entitlements that are an object", "webhook", delivery(entitlement_ids={"0": "premium"})),
    ("an entitlement that is a number", "webhook", delivery(entitlement_ids=["premium", 7])),
    ("an entitlement that is null", "webhook", delivery(entitlement_ids=[None])),
    ("an order that is a list", "verify_purchase", [ORDER]),
    ("an order that is no JSON", "verify_purchase", b"{"),
    ("a product that is an object", "verify_purchase", {**ORDER, "product_id": {"$ne": ""}}),
    ("a key that is a list", "verify_purchase", {**ORDER, "entitlement_key": ["PREMIUM"]}),
    ("an idempotency key that is a number", "verify_purchase", {**ORDER, "idempotency_key": 7}),
    ("a platform that is null", "verify_purchase", {**ORDER, "platform": None}),
    ("a transaction that is true", "verify_purchase", {**ORDER, "transaction_id": True}),
    ("a receipt that is a list", "verify_purchase", {**ORDER, "receipt_data": ["r"]}),
    ("a name that is an object", "login", {**NAMED, "username": {"$ne": ""}}),
    ("a password that is a number", "login", {**NAMED, "password": 123456}),
    ("a password that is null", "register", {**NAMED, "password": None}),
    ("a short password", "register", {**NAMED, "password": "12345"}),
    ("a short name", "register", {**NAMED, "username": "ab"}),
    ("a long name", "register", {**NAMED, "username": "a" * 21}),
    ("an empty name", "register", {**NAMED, "username": ""}),
    ("a name of two words", "register", {**NAMED, "username": "two words"}),
    ("a name that is not ASCII", "register", {**NAMED, "username": "zoë_smoke"}),
    ("a name with a line break", "register", {**NAMED, "username": "abc\n"}),
    ("a simulated purchase that is a text", "vip_purchase", "text"),
    ("a package of another kind", "vip_purchase", {**BOUGHT, "package_id": 7}),
]
TAKEN = [
    ("no body", "webhook", None),
    ("a type that nobody knows", "webhook", delivery(type="SOMETHING_ELSE")),
    ("fields that nobody knows", "webhook", delivery(surprise={"nested": [1, None]})),
    ("no id", "webhook", {"api_version": "1.0", "event": without(EVENT, "id")}),
    ("an id that is no UUID", "webhook", delivery(id="1")),
    ("null for entitlements", "webhook", delivery(entitlement_ids=None)),
    ("no entitlements", "webhook", delivery(entitlement_ids=[])),
    ("an entitlement with an odd name", "webhook", delivery(entitlement_ids=["NOT ours!"])),
    ("null for the player", "webhook", delivery(app_user_id=None)),
    ("a time that is a fraction", "webhook", delivery(event_timestamp_ms=1748736000000.5)),
    ("a time that is a text", "webhook", delivery(event_timestamp_ms="1748736000000")),
    ("a store that is a list", "webhook", delivery(store=["APP_STORE"])),
    ("a price that is a text", "webhook", delivery(price="free")),
    ("another version", "webhook", {**delivery(), "api_version": 2}),
    ("aliases that are a text", "webhook", delivery(aliases="abc")),
    ("no product", "verify_purchase", without(ORDER, "product_id")),
    ("a receipt that is null", "verify_purchase", {**ORDER, "receipt_data": None}),
    ("another platform", "verify_purchase", {**ORDER, "platform": "windows"}),
    ("a long product", "verify_purchase", {**ORDER, "product_id": "x" * 1000}),
    ("fields more", "verify_purchase", {**ORDER, "more": None}),
    ("a long password", "register", {**NAMED, "password": "x" * 65}),
    ("a password with a control character", "register", {**NAMED, "password": "123456\x07"}),
    ("no password", "register", without(NAMED, "password")),
    ("a short password", "login", {**NAMED, "password": "12345"}),
    ("a bad name", "login", {**NAMED, "username": "two words"}),
    ("another amount", "vip_purchase", {**BOUGHT, "amount": "1"}),
    ("a whole number with a fraction", "vip_purchase", {**BOUGHT, "amount": 1.0}),
]


def ids(rows):
    return [f"{name}: {what}" for what, name, _ in rows]


@pytest.mark.parametrize(("_", "name", "body"), REFUSED, ids=ids(REFUSED))
def test_body_that_has_to_be_refused(_, name, body):
    assert wrong_with(OPERATIONS[name], Request("random", {}, body))


@pytest.mark.parametrize(("_", "name", "body"), TAKEN, ids=ids(TAKEN))
def test_body_that_may_be_taken(_, name, body):
    assert not wrong_with(OPERATIONS[name], Request("random", {}, body))


CLAIM = {"username": "abc", "track": "free", "level": 1}


@pytest.mark.parametrize(
    ("name", "path", "refused"),
    [
        ("cinematic_url", {"hero_id": "hero_1"}, False),
        ("cinematic_url", {"hero_id": "-"}, False),
        ("cinematic_url", {"hero_id": "a" * 64}, False),
        ("cinematic_url", {"hero_id": "a" * 65}, True),
        ("cinematic_url", {"hero_id": "two words"}, True),
        ("cinematic_url", {"hero_id": "a.b"}, True),
        ("cinematic_url", {"hero_id": "hero_1\n"}, True),
        ("cinematic_url", {"hero_id": "%00"}, True),
        ("cinematic_url", {"hero_id": "a/b"}, False),  # another route, or none
        ("cinematic_url", {"hero_id": ".."}, False),
        ("cinematic_url", {"hero_id": ""}, False),
        ("claim", CLAIM, False),
        ("claim", {**CLAIM, "level": 101}, False),  # how many there are is not promised
        ("claim", {**CLAIM, "level": "0"}, False),
        ("claim", {**CLAIM, "level": "-1"}, False),
        ("claim", {**CLAIM, "level": "1.5"}, True),
        ("claim", {**CLAIM, "level": "one"}, True),
        ("claim", {**CLAIM, "level": "\uff11"}, True),
        ("claim", {**CLAIM, "level": "0x1"}, True),
        ("claim", {**CLAIM, "track": "FREE"}, True),
        ("claim", {**CLAIM, "track": None}, True),
        ("claim", {**CLAIM, "username": "ab"}, True),
        ("claim", {**CLAIM, "track": "gold", "level": ".."}, False),
    ],
)
def test_path_that_has_to_be_refused(name, path, refused):
    assert bool(wrong_with(OPERATIONS[name], Request("random", path, None))) is refused


@pytest.mark.parametrize("name", OPERATIONS)
def test_no_valid_request_has_to_be_refused(name):
    operation = OPERATIONS[name]
    made = valid(operation, 1, 12)
    assert [request for request in made if wrong_with(operation, request)] == []
