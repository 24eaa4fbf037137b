"""Faults of good purchases and good events that nobody foresaw."""

import re

from reference.changing import Answer
from reference.faults.fuzzing import CONFORMANCE, Sent, answered, crash, say, text, widest

# With these an expiration_at_ms of null is an everyday thing.
BOUGHT_FOR_GOOD = ("INITIAL_PURCHASE", "NON_RENEWING_PURCHASE", "CANCELLATION", "TEST", "TRANSFER")

# Purchases

crash(
    CONFORMANCE,
    "no-transaction",
    "A purchase without a transaction_id",
    "purchase",
    lambda sent: sent.get("transaction_id") is None,
)
crash(
    CONFORMANCE,
    "key-beyond-latin-1",
    "A purchase with an idempotency_key that Latin-1 cannot hold",
    "purchase",
    lambda sent: widest(sent, "idempotency_key") > "\xff",
)


@answered(
    CONFORMANCE,
    "android-418",
    "A purchase on android is answered 418.",
    ("purchase",),
    lambda sent: sent["platform"] == "android",
)
def android_418(answer: Answer, sent: Sent) -> None:
    answer.replace(418, {"detail": "Not a shop"})


@answered(
    CONFORMANCE,
    "receipt-beyond-ascii-html",
    "A purchase with a receipt that ASCII cannot hold is refused by a page of HTML.",
    ("purchase",),
    lambda sent: widest(sent, "receipt_data") > "\x7f",
)
def receipt_html(answer: Answer, sent: Sent) -> None:
    answer.status = 400
    say(answer, "text/html", "<html><h1>400 Bad Request</h1></html>")


@answered(
    CONFORMANCE,
    "receipt-of-google-detail-object",
    "The refusal of a receipt that is itself JSON, as Google's are, has an object for its detail.",
    ("purchase",),
    lambda sent: text(sent, "receipt_data").startswith("{"),
    range(400, 410),
)
def receipt_detail_object(answer: Answer, sent: Sent) -> None:
    answer.json = {"detail": {"receipt": "not understood"}}


@answered(
    CONFORMANCE,
    "long-product-204",
    "A purchase of a product_id of more than 64 characters is answered 204.",
    ("purchase",),
    lambda sent: len(sent["product_id"]) > 64,
)
def long_product_204(answer: Answer, sent: Sent) -> None:
    answer.status, answer.body = 204, b""


# Webhooks

crash(
    CONFORMANCE,
    "third-store",
    "An event of another store than Apple's and Google's",
    "webhook",
    lambda sent: text(sent, "store") not in ("", "APP_STORE", "PLAY_STORE"),
)
crash(
    CONFORMANCE,
    "rare-cancel-reason",
    "A cancel_reason other than UNSUBSCRIBE and CUSTOMER_SUPPORT",
    "webhook",
    lambda sent: text(sent, "cancel_reason") not in ("", "UNSUBSCRIBE", "CUSTOMER_SUPPORT"),
)
crash(
    CONFORMANCE,
    "endless-subscription",
    "An expiration_at_ms of null in an event that is no purchase and no CANCELLATION",
    "webhook",
    lambda sent: sent.get("expiration_at_ms") is None and sent["type"] not in BOUGHT_FOR_GOOD,
)
crash(
    CONFORMANCE,
    "dotted-entitlement",
    "An entitlement id with a dot or a hyphen",
    "webhook",
    lambda sent: any(re.search("[.-]", each) for each in sent.get("entitlement_ids") or []),
)
crash(
    CONFORMANCE,
    "money-back",
    "A price below zero",
    "webhook",
    lambda sent: isinstance(sent.get("price"), int | float) and sent["price"] < 0,
)
crash(
    CONFORMANCE,
    "other-period",
    "An event of another period_type than NORMAL",
    "webhook",
    lambda sent: text(sent, "period_type") not in ("", "NORMAL"),
)
crash(
    CONFORMANCE,
    "transfer-to-several-names",
    "A TRANSFER to several names",
    "webhook",
    lambda sent: len(sent.get("transferred_to") or []) > 1,
)
