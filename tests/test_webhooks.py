"""RevenueCat's side: events as it sends them, credentials that verify, and forgeries that never do."""

import hashlib
import json
import re
import time

import pytest

from harness.errors import Unprovable
from harness.evidence.secrets import Secrets
from harness.sections import Webhook
from harness.target.webhooks import Signer, Webhooks, clock_ms, dashboard_test, encode, event, forgeries

SECRET = "the-webhook-secret-of-this-deployment"
BODY = encode({"type": "RENEWAL", "id": "1"})
TOKEN = "a-players-token"
STRATEGIES = ("static", "signed", "body-hmac")
FORGERIES = [(strategy, kind) for strategy in STRATEGIES for kind in forgeries(strategy)]


def hmac_sha256(key: bytes, message: bytes) -> str:
    """RFC 2104, written out, so that it shares nothing with the harness."""
    key = key.ljust(64, b"\0")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in key) + message).digest()
    return hashlib.sha256(bytes(byte ^ 0x5C for byte in key) + inner).hexdigest()


def verifies(settings: Webhook, headers: dict[str, str], body: bytes, tolerance_s: float) -> bool:
    """What a deployment of this strategy makes of a delivery."""
    value = headers.get(settings.header or "")
    if value is None or not value.startswith(settings.prefix):
        return False
    value = value.removeprefix(settings.prefix)
    if settings.strategy == "static":
        return value == SECRET
    if settings.strategy == "body-hmac":
        return value == hmac_sha256(SECRET.encode(), body)
    parts = re.fullmatch("t=([0-9]+),v1=([0-9a-f]{64})", value)
    if parts is None or abs(time.time() - int(parts[1])) > tolerance_s:
        return False
    return parts[2] == hmac_sha256(SECRET.encode(), f"{parts[1]}.".encode() + body)


@pytest.mark.parametrize("prefix", ["", "Bearer "])
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_genuine_credentials_verify(strategy, prefix):
    settings = Webhook(strategy=strategy, header="X-Signature", prefix=prefix)
    known = Secrets()
    headers = Signer(settings, SECRET, known).credentials(BODY)
    assert verifies(settings, headers, BODY, tolerance_s=2)
    assert known.scrub(headers["X-Signature"]) == f"{prefix}<webhook credentials>"


@pytest.mark.parametrize(
    ("strategy", "header"),
    [
        ("static", "Authorization"),
        ("signed", "X-RevenueCat-Webhook-Signature"),
        ("body-hmac", "Authorization"),
    ],
)
def test_header_is_the_documented_one_unless_the_environment_names_another(strategy, header):
    signer = Signer(Webhook(strategy=strategy), SECRET, Secrets())
    assert (signer.header, *signer.credentials(BODY)) == (header, header)


def test_signature_of_a_moment_holds_that_moment():
    settings = Webhook(strategy="signed")
    headers = Signer(settings, SECRET, Secrets()).credentials(BODY, at=1_700_000_000.9)
    mac = hmac_sha256(SECRET.encode(), b"1700000000." + BODY)
    assert headers == {"X-RevenueCat-Webhook-Signature": f"t=1700000000,v1={mac}"}


@pytest.mark.parametrize("prefix", ["", "Bearer "])
@pytest.mark.parametrize(("strategy", "kind"), FORGERIES)
def test_forged_delivery_never_verifies_and_shows_nothing_of_the_secret(strategy, kind, prefix):
    settings, known = Webhook(strategy=strategy, header="X-Signature", prefix=prefix), Secrets()
    known.add(SECRET, "secret")
    headers, body = Signer(settings, SECRET, known).forged(kind, BODY, TOKEN)
    assert not verifies(settings, headers, body, settings.tolerance_s)
    assert SECRET[:8] not in known.scrub(str(headers))
    assert json.loads(body) == json.loads(BODY)


@pytest.mark.parametrize("kind", ["stale", "future"])
def test_delivery_out_of_time_is_wrong_in_its_time_only(kind):
    settings = Webhook(strategy="signed", header="X-Signature", tolerance_s=100)
    headers, body = Signer(settings, SECRET, Secrets()).forged(kind, BODY, TOKEN)
    assert verifies(settings, headers, body, tolerance_s=200)
    assert not verifies(settings, headers, body, tolerance_s=150)


@pytest.mark.parametrize(
    ("kind", "altered"),
    [
        ("no-credentials", lambda value: None),
        ("empty", lambda value: ""),
        ("foreign", lambda value: f"Bearer {TOKEN}"),
        ("truncated", lambda value: value[:-1]),
        ("body-changed", lambda value: value),
    ],
)
def test_forgery_is_the_genuine_header_altered_as_it_says(kind, altered):
    signer = Signer(Webhook(strategy="body-hmac"), SECRET, Secrets())
    genuine = signer.credentials(BODY)["Authorization"]
    headers, body = signer.forged(kind, BODY, TOKEN)
    assert headers.get("Authorization") == altered(genuine)
    assert (body == BODY) is (kind != "body-changed")


@pytest.mark.parametrize("kind", ["stale", "future"])
def test_time_is_not_judged_where_the_deployment_enforces_none(kind):
    signer = Signer(Webhook(strategy="signed", tolerance_s=0), SECRET, Secrets())
    with pytest.raises(Unprovable, match=r"^webhook\.tolerance_s = 0"):
        signer.forged(kind, BODY, TOKEN)


def test_forgery_that_does_not_exist_is_a_slip_of_the_caller():
    with pytest.raises(AssertionError, match="no such forgery: bribed"):
        Signer(Webhook(), SECRET, Secrets()).forged("bribed", BODY, TOKEN)


def test_event_is_about_its_customer_and_takes_any_field():
    sent = event("RENEWAL", "adam", ("no_ads", "premium"), expiration_at_ms=5, new_field=[1])
    about = ("type", "app_user_id", "original_app_user_id", "aliases", "product_id", "entitlement_ids")
    assert [sent[name] for name in about] == [
        "RENEWAL",
        "adam",
        "adam",
        ["adam"],
        "no_ads_forever",
        ["no_ads", "premium"],
    ]
    assert (sent["expiration_at_ms"], sent["new_field"]) == (5, [1])


def test_no_two_events_share_an_id_a_transaction_or_a_time():
    events = [event("RENEWAL", "adam") for _ in range(20)]
    for name in ("id", "transaction_id", "event_timestamp_ms"):
        assert len({sent[name] for sent in events}) == 20, name


def test_clock_of_events_goes_only_forward_and_stays_in_the_past():
    times = [clock_ms() for _ in range(1000)]
    assert times == sorted(set(times))
    assert times[-1] < time.time() * 1000


def test_dashboards_test_event_has_the_documented_null_pattern():
    sent = dashboard_test("adam")
    assert sorted(name for name, value in sent.items() if value is None) == [
        "commission_percentage",
        "currency",
        "entitlement_id",
        "entitlement_ids",
        "is_family_share",
        "metadata",
        "offer_code",
        "original_transaction_id",
        "presented_offering_id",
        "price",
        "price_in_purchased_currency",
        "renewal_number",
        "takehome_percentage",
        "tax_percentage",
        "transaction_id",
    ]
    assert re.fullmatch("[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}", sent["id"])
    named = [sent[name] for name in ("type", "app_user_id", "product_id", "environment")]
    assert named == ["TEST", "adam", "test_product", "SANDBOX"]
    assert sent["expiration_at_ms"] > time.time() * 1000


def test_delivery_is_signed_over_the_bytes_that_arrive_and_noted_before(meet):
    settings, seen = Webhook(strategy="body-hmac", header="X-Signature"), []

    async def answer(request):
        seen.append(request)
        return 200, {}

    async def work(meeting):
        webhooks = Webhooks(meeting.api, Signer(settings, SECRET, Secrets()), settings, meeting.ledger)
        await webhooks.deliver(sent)
        await webhooks.post(b"[", {"X-Signature": "none"})
        return meeting.ledger.entries

    sent = event("TRANSFER", None)
    entries = meet(answer, work)
    first, second = seen
    assert first.target == "/api/webhooks/revenuecat"
    assert json.loads(first.body) == {"api_version": "1.0", "event": sent}
    assert first.headers["x-signature"] == hmac_sha256(SECRET.encode(), first.body)
    assert (second.body, second.headers["x-signature"]) == (b"[", "none")
    assert [entry["kind"] for entry in entries] == ["event", "request", "request"]
    assert entries[0].items() >= {"id": sent["id"], "type": "TRANSFER", "app_user_id": None}.items()
