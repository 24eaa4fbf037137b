"""RevenueCat events, and the ways in which deployments authenticate them (contract, section 6)."""

import hashlib
import hmac
import itertools
import json
import secrets
import time
import uuid
from collections.abc import Mapping
from typing import Any

from harness.errors import Unprovable
from harness.evidence.exchange import Exchange
from harness.evidence.ledger import Ledger
from harness.evidence.secrets import Secrets
from harness.sections import Webhook
from harness.target.api import Api

HEADERS = {
    "static": "Authorization",
    "signed": "X-RevenueCat-Webhook-Signature",
    "body-hmac": "Authorization",
}
PRODUCTS = {
    "premium": "premium_monthly",
    "premium_cinematics": "premium_cinematics_pack",
    "no_ads": "no_ads_forever",
    "starter_pack": "starter_pack",
}
# Null in a TEST, though a purchase has them.
TEST_NULLS = (
    "entitlement_id",
    "entitlement_ids",
    "presented_offering_id",
    "transaction_id",
    "original_transaction_id",
    "is_family_share",
    "currency",
    "price",
    "price_in_purchased_currency",
    "takehome_percentage",
    "offer_code",
    "tax_percentage",
    "commission_percentage",
    "metadata",
    "renewal_number",
)
# The types after which somebody may own something (contract, section 6; of the last four it says nothing).
GRANTING = {
    "INITIAL_PURCHASE",
    "RENEWAL",
    "UNCANCELLATION",
    "NON_RENEWING_PURCHASE",
    "PRODUCT_CHANGE",
    "SUBSCRIPTION_EXTENDED",
    "REFUND_REVERSED",
    "TEMPORARY_ENTITLEMENT_GRANT",
}
Event = dict[str, Any]
_ticks = itertools.count()


def clock_ms() -> int:
    """A time in ms for `event_timestamp_ms`: shortly before now, and later at every call."""
    return int(time.time() * 1000) - 60_000 + next(_ticks)


def event(kind: str, app_user_id: str | None, entitlements: tuple[str, ...] = (), /, **fields: Any) -> Event:
    """An event as RevenueCat sends it; `fields` replace or add any of its fields."""
    moment = clock_ms()
    transaction = f"{secrets.randbelow(10**15):015d}"
    return {
        "id": str(uuid.uuid4()),
        "type": kind,
        "app_id": "app_smoke",
        "app_user_id": app_user_id,
        "original_app_user_id": app_user_id,
        "aliases": [app_user_id] if app_user_id else [],
        "event_timestamp_ms": moment,
        "product_id": PRODUCTS.get(entitlements[0], "hero_cinematic") if entitlements else "premium_monthly",
        "entitlement_id": None,
        "entitlement_ids": list(entitlements),
        "period_type": "NORMAL",
        "purchased_at_ms": moment,
        "expiration_at_ms": None,
        "environment": "SANDBOX",
        "store": "APP_STORE",
        "transaction_id": transaction,
        "original_transaction_id": transaction,
        "presented_offering_id": None,
        "is_family_share": False,
        "country_code": "US",
        "currency": "USD",
        "price": 0.99,
        "price_in_purchased_currency": 0.99,
        "subscriber_attributes": {},
        **fields,
    }


def transfer(giver: str, taker: str) -> Event:
    """A TRANSFER of all that one customer owns to another: it names no app_user_id, and no purchase."""
    purchase = event("TRANSFER", None)
    named = ("id", "type", "app_id", "event_timestamp_ms", "environment", "store")
    fields = {name: purchase[name] for name in named}
    return {**fields, "transferred_from": [giver], "transferred_to": [taker]}


def dashboard_test(app_user_id: str) -> Event:
    """The TEST event of RevenueCat's dashboard: like a purchase, with its null pattern."""
    blank = dict.fromkeys(TEST_NULLS)
    later = int(time.time() * 1000) + 7_200_000
    named = {"id": str(uuid.uuid4()).upper(), "product_id": "test_product", "store": "PLAY_STORE"}
    return event("TEST", app_user_id, **{**blank, **named, "expiration_at_ms": later})


def encode(sent: Any) -> bytes:
    """The raw body of a delivery; the signature covers exactly these bytes."""
    return json.dumps({"api_version": "1.0", "event": sent}).encode()


def facts(body: bytes) -> dict[str, Any] | None:
    """What of a delivery has to be known to take back what it grants; None where it is no event."""
    try:
        sent = json.loads(body)["event"]
        kind, customer = sent["type"], sent.get("app_user_id")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    told = {"id": sent.get("id"), "type": kind, "app_user_id": customer}
    if kind == "TRANSFER":
        return {**told, "from": texts(sent.get("transferred_from")), "to": texts(sent.get("transferred_to"))}
    if not isinstance(kind, str) or kind not in GRANTING:
        return told
    return {
        **told,
        # A target may know the customer by any of its names.
        "original_app_user_id": sent.get("original_app_user_id"),
        "aliases": texts(sent.get("aliases")),
        "product_id": sent.get("product_id"),
        "entitlement_ids": texts(sent.get("entitlement_ids")),
        "transaction_id": sent.get("original_transaction_id"),
        "at": sent.get("event_timestamp_ms"),
        "until": sent.get("expiration_at_ms"),
    }


def texts(value: Any) -> list[str]:
    """The texts in a value that should be a list of them."""
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


class Signer:
    """Makes the credentials of one strategy, genuine and forged."""

    def __init__(self, settings: Webhook, secret: str, known: Secrets) -> None:
        self._settings, self._secret, self._known = settings, secret, known
        self.header = settings.header or HEADERS[settings.strategy]

    def credentials(self, body: bytes, at: float | None = None, secret: str | None = None) -> dict[str, str]:
        """The header that proves `body` to be RevenueCat's; `at`: unix seconds of the signature."""
        key = self._secret if secret is None else secret
        match self._settings.strategy:
            case "static":
                value = key
            case "signed":
                moment = int(time.time() if at is None else at)
                value = f"t={moment},v1={_hmac(key, str(moment).encode() + b'.' + body)}"
            case "body-hmac":
                value = _hmac(key, body)
        self._hide(value)
        return {self.header: self._settings.prefix + value}

    def forged(self, kind: str, body: bytes, player_token: str) -> tuple[dict[str, str], bytes]:
        """Headers and body of a delivery that has to be refused; raises Unprovable for a tolerance of 0."""
        good = self.credentials(body)
        tolerance = self._settings.tolerance_s
        match kind:
            case "no-credentials":
                return {}, body
            case "empty":
                return {self.header: ""}, body
            case "wrong-secret":
                return self.credentials(body, secret=secrets.token_hex(32)), body
            case "foreign":
                return {self.header: f"Bearer {player_token}"}, body
            case "truncated":
                cut = good[self.header][:-1]
                self._hide(cut.removeprefix(self._settings.prefix))
                return {self.header: cut}, body
            case "body-changed":
                return good, body + b" "
            case "signature-of-another-body":
                return self.credentials(encode(event("TEST", None))), body
            case "timestamp-changed":
                signature = self.credentials(body, at=time.time() - 10)[self.header].partition(",")[2]
                changed = f"t={int(time.time())},{signature}"
                self._hide(changed)
                return {self.header: self._settings.prefix + changed}, body
            case "stale" | "future":
                if not tolerance:
                    raise Unprovable(
                        "webhook.tolerance_s = 0: this deployment enforces none", "set it if it does"
                    )
                shift = tolerance + 60
                return self.credentials(body, at=time.time() + (shift if kind == "future" else -shift)), body
        raise AssertionError(f"no such forgery: {kind}")

    def _hide(self, value: str) -> None:
        """Let no output show it; of a signed one, not the signature by itself either."""
        self._known.add(value, "webhook credentials")
        if self._settings.strategy == "signed":
            self._known.add(value.rpartition("=")[2], "webhook signature")


def forgeries(strategy: str) -> tuple[str, ...]:
    """The kinds of forged credentials that mean something for a strategy."""
    kinds: tuple[str, ...] = ("no-credentials", "empty", "wrong-secret", "foreign", "truncated")
    if strategy != "static":
        kinds += ("body-changed", "signature-of-another-body")
    if strategy == "signed":
        kinds += ("timestamp-changed", "stale", "future")
    return kinds


class Webhooks:
    """Plays RevenueCat towards the target."""

    def __init__(self, api: Api, signer: Signer, settings: Webhook, ledger: Ledger) -> None:
        self._api, self._settings, self._ledger = api, settings, ledger
        self.signer, self.origin = signer, api.origin

    async def post(
        self, body: bytes, credentials: Mapping[str, str] | None = None, note: str = ""
    ) -> Exchange:
        """Deliver raw bytes, by default with genuine credentials."""
        if (noted := facts(body)) is not None:
            self._ledger.record("event", origin=self.origin, **noted)
        headers = self.signer.credentials(body) if credentials is None else credentials
        # A little longer than RevenueCat would wait, so that a slow answer is seen as one.
        timeout_s = self._settings.answers_within_s + 5
        return await self._api.webhook(body, headers, timeout_s=timeout_s, note=note)

    async def deliver(self, sent: Event) -> Exchange:
        """Deliver an event and return the answer, whatever it is."""
        return await self.post(encode(sent), note=sent["type"])

    def on(self, api: Api) -> "Webhooks":
        """The same for another deployment."""
        return Webhooks(api, self.signer, self._settings, self._ledger)


def _hmac(secret: str, message: bytes) -> str:
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()
