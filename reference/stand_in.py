"""A stand-in for RevenueCat: its REST routes in their documented shapes, and controls for a harness.

The controls play what happens elsewhere: a customer who buys, and a RevenueCat that is down or hangs.
"""

import asyncio
import hmac
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from reference.bodies import Moment, Plain
from reference.catalogue import HERO_KEY, HERO_PRODUCT, PRODUCTS, iso, now_ms
from reference.project import Project, project_routes

SLOW_S = 0.1
BLANK_IN_A_SUBSCRIPTION = (
    "unsubscribe_detected_at",
    "billing_issues_detected_at",
    "grace_period_expires_date",
    "refunded_at",
    "auto_resume_date",
)


class Bought(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    app_user_id: Plain
    product_id: Plain
    transaction_id: Plain
    expires_at_ms: Annotated[Moment | None, Field(description="Unix milliseconds; null: does not expire")] = (
        None
    )


class Outage(BaseModel):
    model_config = ConfigDict(extra="forbid")

    mode: Literal["none", "down", "slow", "hang"]


@dataclass
class Subscriber:
    app_user_id: str
    first_seen: int = field(default_factory=now_ms)
    bought: list[tuple[Bought, int]] = field(default_factory=list)  # with the moment of purchase


class Subscribers:
    """Who RevenueCat knows, and for whom it is out of order."""

    def __init__(self) -> None:
        self.known: dict[str, Subscriber] = {}
        self.outages: dict[str, str] = {}

    def find_or_create(self, app_user_id: str) -> tuple[Subscriber, bool]:
        created = app_user_id not in self.known
        return self.known.setdefault(app_user_id, Subscriber(app_user_id)), created

    def described(self, subscriber: Subscriber) -> dict[str, Any]:
        """The body of GET /v1/subscribers/{app_user_id}."""
        now = now_ms()
        subscriptions: dict[str, Any] = {}
        non_subscriptions: dict[str, list[Any]] = {}
        entitlements: dict[str, Any] = {}
        for bought, moment in subscriber.bought:
            expires = {"expires_date": None if bought.expires_at_ms is None else iso(bought.expires_at_ms)}
            purchase = {
                "purchase_date": iso(moment),
                "original_purchase_date": iso(moment),
                "store": "app_store",
                "is_sandbox": True,
                "store_transaction_id": bought.transaction_id,
            }
            if bought.expires_at_ms is None:
                entry = {"id": f"rc_{bought.transaction_id}", **purchase}
                non_subscriptions.setdefault(bought.product_id, []).append(entry)
            else:
                kind = {"period_type": "normal", "ownership_type": "PURCHASED"}
                blank = dict.fromkeys(BLANK_IN_A_SUBSCRIPTION)
                subscriptions[bought.product_id] = {**purchase, **expires, **kind, **blank}
            if (entitlement_id := _entitlement_id(bought.product_id)) is not None:
                named = {"product_identifier": bought.product_id, "purchase_date": iso(moment)}
                entitlements[entitlement_id] = {**named, **expires, "grace_period_expires_date": None}
        described = {
            "entitlements": entitlements,
            "first_seen": iso(subscriber.first_seen),
            "last_seen": iso(now),
            "non_subscriptions": non_subscriptions,
            "original_app_user_id": subscriber.app_user_id,
            "other_purchases": {},
            "subscriptions": subscriptions,
            **dict.fromkeys(("management_url", "original_application_version", "original_purchase_date")),
        }
        return {"request_date": iso(now), "request_date_ms": now, "subscriber": described}


def stand_in(secret_key: str, project: Project) -> FastAPI:
    app = FastAPI(title="RevenueCat stand-in", openapi_url=None)
    subscribers = Subscribers()

    def refusal(request: Request) -> JSONResponse | None:
        """RevenueCat's answer to a request without the secret key."""
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        if scheme == "Bearer" and secret_key and hmac.compare_digest(key.encode(), secret_key.encode()):
            return None
        return JSONResponse({"code": 7225, "message": "Invalid API Key."}, 403 if key else 401)

    @app.get("/v1/subscribers/{app_user_id}")
    async def subscriber(request: Request, app_user_id: str) -> JSONResponse:
        if (refused := refusal(request)) is not None:
            return refused
        outage = subscribers.outages.get(app_user_id)
        if outage == "slow":
            await asyncio.sleep(SLOW_S)
        if outage == "hang":
            while (await request.receive())["type"] != "http.disconnect":
                pass
        if outage == "down":
            return JSONResponse({"code": 7110, "message": "Internal server error."}, 500)
        found, created = subscribers.find_or_create(app_user_id)
        return JSONResponse(subscribers.described(found), 201 if created else 200)

    app.include_router(project_routes(project, refusal))

    @app.post("/control/purchases", status_code=201)
    async def buy(body: Bought) -> dict[str, Any]:
        found, _ = subscribers.find_or_create(body.app_user_id)
        found.bought.append((body, now_ms()))
        return body.model_dump()

    @app.put("/control/outages/{app_user_id}")
    async def switch(app_user_id: str, body: Outage) -> dict[str, Any]:
        subscribers.outages.pop(app_user_id, None)
        if body.mode != "none":
            subscribers.outages[app_user_id] = body.mode
        return {"app_user_id": app_user_id, "mode": body.mode}

    return app


def _entitlement_id(product_id: str) -> str | None:
    if product_id.startswith(HERO_PRODUCT):
        return HERO_KEY + product_id.removeprefix(HERO_PRODUCT)
    return next((each.entitlement_id for each in PRODUCTS if each.product_id == product_id), None)
