"""The bodies that clients and RevenueCat send. Strict: a number is no text, an object is no text."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from reference.catalogue import LAST_MOMENT_MS

NAME = r"^[A-Za-z0-9_]{3,20}$"
Plain = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
Moment = Annotated[int, Field(ge=0, le=LAST_MOMENT_MS)]  # Unix milliseconds


class Strict(BaseModel):
    model_config = ConfigDict(strict=True)


class Registration(Strict):
    username: Annotated[str, StringConstraints(pattern=NAME)]
    password: Annotated[str, StringConstraints(min_length=6, max_length=1024)]


class Login(Strict):
    username: Annotated[str, StringConstraints(max_length=200)]
    password: Annotated[str, StringConstraints(max_length=1024)]


class PurchaseOrder(Strict):
    model_config = ConfigDict(strict=True, extra="forbid")  # a key such as "PREMIUM.status" is no field

    product_id: Plain
    entitlement_key: Plain
    idempotency_key: Plain
    platform: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,32}$")]
    transaction_id: Plain | None = None
    receipt_data: Annotated[str, StringConstraints(max_length=262_144, pattern=r"^[^\x00]*$")] | None = Field(
        default=None, repr=False
    )


class WebhookEvent(Strict):
    """The fields that have a meaning here; RevenueCat sends more, and may add some."""

    # Printable and short, because it is logged: an id must not be able to write a log line of its own.
    id: Annotated[str, StringConstraints(pattern=r"^[!-~]{1,200}$")]
    type: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    event_timestamp_ms: Moment | None = None
    app_user_id: str | None = None
    original_app_user_id: str | None = None
    aliases: list[str] | None = None
    entitlement_ids: list[str] | None = None
    product_id: Annotated[str, StringConstraints(max_length=200)] | None = None
    transaction_id: Annotated[str, StringConstraints(max_length=200)] | None = None
    expiration_at_ms: Moment | None = None
    cancel_reason: str | None = None
    transferred_from: list[str] | None = None
    transferred_to: list[str] | None = None


class Delivery(Strict):
    api_version: str | None = None
    event: WebhookEvent
