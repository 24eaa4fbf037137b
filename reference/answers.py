"""The shapes of the answers, as /openapi.json publishes them. They document; they do not filter."""

from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict


class User(BaseModel):
    id: str
    username: str
    created_at: AwareDatetime


class SignedIn(BaseModel):
    user: User
    token: str
    message: str


class Verified(BaseModel):
    valid: bool
    user: User


class Said(BaseModel):
    message: str


class Entitlement(BaseModel):
    key: str
    status: Literal["owned", "not_owned", "expired", "pending", "revoked"]
    granted_at: AwareDatetime | None
    expires_at: AwareDatetime | None
    transaction_id: str | None
    product_id: str | None
    reason: str | None


class Entitlements(BaseModel):
    """Those that are always there; those of single heroes look the same."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Entitlement]

    PREMIUM: Entitlement
    PREMIUM_CINEMATICS_PACK: Entitlement
    NO_ADS: Entitlement
    STARTER_PACK: Entitlement


class Snapshot(BaseModel):
    server_time: AwareDatetime
    version: int
    username: str
    entitlements: Entitlements
    ttl_seconds: int
    source: str


class Access(BaseModel):
    access: bool
    hero_id: str


class Video(BaseModel):
    hero_id: str
    video_url: str
    expires_in: int


class Claim(BaseModel):
    success: bool
    username: str
    track: Literal["free", "premium"]
    level: int
    message: str


class Purchased(BaseModel):
    success: bool
    entitlements_snapshot: Snapshot
    message: str


class Received(BaseModel):
    received: bool


class Health(BaseModel):
    status: str
    server_dev_mode: bool
    version: str
    timestamp: AwareDatetime


class Flags(BaseModel):
    PURCHASES_ENABLED: bool


class Features(BaseModel):
    version: int
    ttlSeconds: int  # noqa: N815, RUF100 (the client's spelling)
    flags: Flags


class Refusal(BaseModel):
    detail: str


def says(answer: type[BaseModel], *refusals: int, status: int = 200) -> dict[str, Any]:
    """Route arguments that publish an answer and the refusals beside it."""
    responses: dict[int | str, dict[str, Any]] = {status: {"model": answer}}
    responses |= {code: {"model": Refusal, "description": "Refused"} for code in refusals}
    return {"status_code": status, "response_model": None, "responses": responses}
