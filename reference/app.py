"""The backend, put together: the parts that behave, and the routes that lead to them."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, FastAPI, Path, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from reference import answers
from reference.accounts import Accounts, LogoutThrottle, Tokens
from reference.answers import says
from reference.bodies import NAME, Delivery, Login, PurchaseOrder, Registration
from reference.catalogue import HERO_ID
from reference.choices import Choice
from reference.doors import Caller, Doors, behind
from reference.entitlements import Entitlements, Gates
from reference.operations import SIMULATED, Operations, SimulatedPurchases
from reference.posthog import PostHog
from reference.purchases import Purchases, RevenueCat
from reference.sentry import Sentry
from reference.settings import Settings
from reference.store import open_store
from reference.web_client import WebClient, client_routes
from reference.webhooks import WebhookCredentials, WebhookEffects

HeroId = Annotated[str, Path(pattern=HERO_ID)]
Username = Annotated[str, Path(pattern=NAME)]


@dataclass
class Parts:
    """Everything that behaves. Routes look methods up at each call, so that one can be replaced."""

    store: sqlite3.Connection
    accounts: Accounts
    tokens: Tokens
    logouts: LogoutThrottle
    entitlements: Entitlements
    gates: Gates
    purchases: Purchases
    credentials: WebhookCredentials
    effects: WebhookEffects
    operations: Operations
    simulated: SimulatedPurchases
    doors: Doors
    web: WebClient
    sentry: Sentry
    posthog: PostHog

    @classmethod
    def of(cls, settings: Settings) -> "Parts":
        store = open_store(settings.database)
        accounts = Accounts(store)
        tokens = Tokens(settings.jwt_secret_key, store, accounts)
        entitlements = Entitlements(store)
        revenuecat = RevenueCat(
            settings.revenuecat_base_url, settings.revenuecat_secret_key, settings.revenuecat_timeout_s
        )
        purchases = Purchases(settings, store, entitlements, revenuecat)
        credentials = WebhookCredentials(settings)
        simulated = SimulatedPurchases(settings, store, entitlements)
        return cls(
            store=store,
            accounts=accounts,
            tokens=tokens,
            logouts=LogoutThrottle(),
            entitlements=entitlements,
            gates=Gates(entitlements),
            purchases=purchases,
            credentials=credentials,
            effects=WebhookEffects(store, accounts, entitlements),
            operations=Operations(settings),
            simulated=simulated,
            doors=Doors(tokens, purchases, credentials, simulated),
            web=WebClient(settings),
            sentry=Sentry(settings.sentry_auth_token, settings.app_version),
            posthog=PostHog(settings.posthog_api_key, settings.app_version),
        )


def build(settings: Settings, changes: Sequence[Choice] = ()) -> FastAPI:
    """The backend, with the changes that were chosen at start."""
    parts = Parts.of(settings)
    for change in changes:
        change.apply("before the routes", parts=parts, settings=settings)
    app = assemble(settings, parts)
    for change in changes:
        change.apply("all put together", parts=parts, settings=settings, app=app)
    return app


def assemble(settings: Settings, parts: Parts) -> FastAPI:
    app = FastAPI(title="Divine Heroes", version=settings.app_version, strict_content_type=False)
    app.add_exception_handler(RequestValidationError, unprocessable)
    for router in (account_routes(parts), player_routes(parts), purchase_routes(parts), open_routes(parts)):
        app.include_router(router, prefix=settings.api_prefix)
    app.include_router(client_routes(parts.web))
    app.state.parts = parts
    return app


async def unprocessable(request: Request, error: Exception) -> JSONResponse:
    """422 without what was sent: it may be a password, a receipt, or no valid text at all."""
    assert isinstance(error, RequestValidationError)
    detail = [
        {
            "type": each["type"],
            "loc": [p if isinstance(p, int) else ascii(p)[1:-1][:100] for p in each["loc"]],
            "msg": each["msg"],
        }
        for each in error.errors()
    ]
    return JSONResponse({"detail": detail}, 422)


def account_routes(parts: Parts) -> APIRouter:
    routes = APIRouter(tags=["accounts"])

    @routes.post("/user/register", **says(answers.SignedIn, 409, status=201))
    async def register(body: Registration) -> dict[str, Any]:
        with parts.store:
            player = parts.accounts.register(body.username, body.password)
            parts.effects.welcome(player)
        token = parts.tokens.issue(player)
        return {"user": parts.accounts.public(player), "token": token, "message": "Welcome"}

    @routes.post("/auth/login", **says(answers.SignedIn, 401))
    async def login(body: Login) -> dict[str, Any]:
        player = parts.accounts.login(body.username, body.password)
        token = parts.tokens.issue(player)
        return {"user": parts.accounts.public(player), "token": token, "message": "Welcome back"}

    return routes


def player_routes(parts: Parts) -> APIRouter:
    routes = behind(parts.doors.signed_in)

    @routes.get("/auth/verify", **says(answers.Verified, 401))
    async def verify(caller: Caller) -> dict[str, Any]:
        return {"valid": True, "user": parts.accounts.public(caller.player)}

    @routes.post("/auth/logout", **says(answers.Said, 401, 429))
    async def logout(caller: Caller, request: Request) -> dict[str, Any]:
        parts.logouts.admit(request.client.host if request.client else "unknown")
        parts.tokens.revoke(caller.jti)
        return {"message": "Logged out"}

    @routes.get("/entitlements/snapshot", **says(answers.Snapshot, 401))
    async def snapshot(caller: Caller) -> dict[str, Any]:
        return parts.entitlements.snapshot(caller.player)

    @routes.get("/hero/{hero_id}/cinematic/access", **says(answers.Access, 401, 403))
    async def cinematic_access(caller: Caller, hero_id: HeroId) -> dict[str, Any]:
        parts.gates.cinematic(caller.player, hero_id)
        return {"access": True, "hero_id": hero_id}

    @routes.get("/hero/{hero_id}/cinematic/url", **says(answers.Video, 401, 403))
    async def cinematic_url(caller: Caller, hero_id: HeroId) -> dict[str, Any]:
        parts.gates.cinematic(caller.player, hero_id)
        return parts.gates.video(hero_id)

    @routes.post("/battle-pass/{username}/claim/{track}/{level}", **says(answers.Claim, 401, 403))
    async def claim(
        caller: Caller,
        username: Username,
        track: Literal["free", "premium"],
        level: Annotated[int, Path(ge=1, le=100)],
    ) -> dict[str, Any]:
        parts.gates.battle_pass(caller.player, username, track)
        return parts.gates.claimed(caller.player, track, level)

    return routes


def purchase_routes(parts: Parts) -> APIRouter:
    real = behind(parts.doors.purchase)

    @real.post("/purchases/verify", **says(answers.Purchased, 400, 401, 402, 409, 502, 503, 504))
    async def verify(caller: Caller, body: PurchaseOrder) -> dict[str, Any]:
        return await parts.purchases.verify(caller.player, body)

    simulated = behind(parts.doors.simulated_purchase)

    def simulate(path: str, key: str) -> None:
        @simulated.post(path, name=path, **says(answers.Purchased, 401, 403))
        async def purchase(caller: Caller) -> dict[str, Any]:
            return parts.simulated.grant(caller.player, key)

    for path, key in SIMULATED.items():
        simulate(path, key)

    @simulated.post("/battle-pass/{username}/purchase", **says(answers.Purchased, 401, 403))
    async def battle_pass(caller: Caller, username: Username) -> dict[str, Any]:
        parts.gates.battle_pass(caller.player, username, "free")  # for oneself only
        return parts.simulated.grant(caller.player, "PREMIUM")

    real.include_router(simulated)
    return real


def open_routes(parts: Parts) -> APIRouter:
    routes = behind(parts.doors.webhook, bearer=False)

    @routes.post("/webhooks/revenuecat", **says(answers.Received, 401))
    async def webhook(body: Delivery) -> dict[str, Any]:
        await parts.effects.receive(body.event)
        return {"received": True}

    public = APIRouter(tags=["operations"])

    @public.get("/health", **says(answers.Health))
    async def health() -> dict[str, Any]:
        return parts.operations.health()

    @public.get("/v1/features", **says(answers.Features))
    async def features() -> dict[str, Any]:
        return parts.operations.features()

    public.include_router(routes)
    return public
