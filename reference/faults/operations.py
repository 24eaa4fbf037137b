"""Faults of operations: health, modes, flags, and the emergency stop."""

import itertools
from typing import Any

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from reference.accounts import Player
from reference.app import Parts
from reference.bodies import WebhookEvent
from reference.changing import Answer, edit, edit_json, put, without
from reference.choices import fault
from reference.doors import Handle
from reference.settings import Settings

HEALTH = "health.basic"
MODE = "operations.release-mode"
SIMULATED = "operations.simulated-purchases-off"
STOP = "operations.emergency-stop"


def told(name: str, item: str, call: str, description: str, **changes: Any) -> None:
    """Enters a fault that changes fields of an answer."""

    def tell(app: FastAPI) -> None:
        edit_json(app, lambda body: {**body, **changes}, call)

    fault(f"operations.{name}", item, description)(tell)


told("health-ok", HEALTH, "health", "The status is ok instead of healthy.", status="ok")
told("health-degraded", HEALTH, "health", "The status is degraded, with 200.", status="degraded")
told(
    "health-stale",
    HEALTH,
    "health",
    "The timestamp is that of the build.",
    timestamp="2024-01-01T00:00:00+00:00",
)
told("health-time-words", HEALTH, "health", "The timestamp is no time.", timestamp="just now")
told("health-time-null", HEALTH, "health", "The timestamp is null.", timestamp=None)
told("health-mode-text", HEALTH, "health", "server_dev_mode is a text.", server_dev_mode="false")
told("health-dev-mode", HEALTH, "health", "server_dev_mode is true.", server_dev_mode=True)
told("health-version-null", HEALTH, "health", "The version is null.", version=None)


@fault("operations.health-without-version", HEALTH)
def health_without_version(app: FastAPI) -> None:
    """A release does not say which version it is."""
    edit_json(app, without("version"), "health")


@fault("operations.health-of-two-versions", HEALTH)
def health_of_two_versions(app: FastAPI) -> None:
    """Behind one address two versions answer in turn."""
    turn = itertools.count()
    edit_json(app, lambda body: {**body, "version": f"1.0.{next(turn) % 2}"}, "health")


@fault("operations.health-500", HEALTH)
def health_500(app: FastAPI) -> None:
    """Health is a 500."""
    edit(app, lambda _, answer: answer.replace(500, answer.json), "health")


@fault("operations.health-guarded", HEALTH)
def health_guarded(app: FastAPI) -> None:
    """Health asks for credentials."""
    edit(app, lambda _, answer: answer.replace(401, {"detail": "Not signed in"}), "health")


@fault("operations.features-404", MODE)
def features_404(app: FastAPI) -> None:
    """There are no feature flags."""
    edit(app, lambda _, answer: answer.replace(404, {"detail": "Not Found"}), "features")


@fault("operations.features-without-ttl", MODE)
def features_without_ttl(app: FastAPI) -> None:
    """The feature flags have no ttlSeconds."""
    edit_json(app, without("ttlSeconds"), "features")


told(
    "purchases-flagged-off",
    MODE,
    "features",
    "Purchases are flagged off.",
    flags={"PURCHASES_ENABLED": False},
)
told("purchases-flag-text", MODE, "features", "The flag is a text.", flags={"PURCHASES_ENABLED": "true"})
told("purchases-flag-missing", MODE, "features", "The flag is missing.", flags={})


# Simulated purchases


@fault("operations.dev-mode", SIMULATED)
def dev_mode(parts: Parts) -> None:
    """The server runs in development mode whatever it is told."""
    put(parts.simulated, require_allowed=lambda: None)


def _open(path: str) -> None:
    def let_in(parts: Parts) -> None:
        strict = parts.doors.simulated_purchase

        async def simulated_purchase(request: Request, handle: Handle) -> Response:
            if path in request.url.path:
                return await parts.doors.signed_in(request, handle)
            return await strict(request, handle)

        put(parts.doors, simulated_purchase=simulated_purchase)

    name = path.strip("/").replace("/", "-")
    fault(f"operations.simulated-{name}-open", SIMULATED, f"The route {path} grants for free.")(let_in)


for _path in (
    "/vip/purchase",
    "/vip/package/purchase",
    "/store/purchase-crystals",
    "/store/purchase-divine",
    "/battle-pass/",
):
    _open(_path)


@fault("operations.simulated-401-first", SIMULATED)
def simulated_401_first(parts: Parts) -> None:
    """The simulated purchases ask for a token before they refuse."""

    async def simulated_purchase(request: Request, handle: Handle) -> Response:
        parts.doors.session(request)
        parts.simulated.require_allowed()
        return await handle(request)

    put(parts.doors, simulated_purchase=simulated_purchase)


@fault("operations.simulated-refused-and-granted", SIMULATED)
def simulated_refused_and_granted(parts: Parts) -> None:
    """A simulated purchase is refused, and granted all the same."""

    async def simulated_purchase(request: Request, handle: Handle) -> Response:
        if "Authorization" in request.headers:
            parts.simulated.grant(parts.doors.session(request).player, "PREMIUM")
        raise HTTPException(403, "Simulated purchases are switched off")

    put(parts.doors, simulated_purchase=simulated_purchase)


# The emergency stop


@fault("operations.stop-ignored", STOP)
def stop_ignored(parts: Parts) -> None:
    """Purchases go on while they are switched off."""
    put(parts.purchases, require_open=lambda: None)


@fault("operations.stop-403", STOP)
def stop_403(app: FastAPI) -> None:
    """Verification answers 403 while purchases are switched off."""
    edit(app, lambda _, answer: answer.replace(403, answer.json), "purchase", statuses=range(503, 504))


@fault("operations.stop-without-a-word", STOP)
def stop_without_a_word(app: FastAPI) -> None:
    """Verification does not say why it answers 503."""
    edit(app, lambda _, answer: answer.replace(503, {"detail": "E503"}), "purchase", statuses=range(503, 504))


def _stopped(name: str, description: str, *calls: str) -> None:
    def stop(app: FastAPI, settings: Settings) -> None:
        def unavailable(_: Request, answer: Answer) -> None:
            answer.replace(503, {"detail": "Switched off"})

        if settings.purchases_disabled:
            edit(app, unavailable, *calls)

    fault(f"operations.stop-kills-{name}", STOP, description)(stop)


_stopped("login", "The stop switches off login.", "login")
_stopped("snapshot", "The stop switches off the snapshot.", "snapshot")
_stopped("gates", "The stop switches off the gates.", "access", "url")
_stopped("webhooks", "The stop switches off webhooks.", "webhook")


@fault("operations.stop-opens-gates", STOP)
def stop_opens_gates(parts: Parts, settings: Settings) -> None:
    """The gates are open while purchases are switched off."""
    if settings.purchases_disabled:
        put(parts.gates, cinematic=lambda player, hero_id: None)


@fault("operations.stop-closes-gates", STOP)
def stop_closes_gates(parts: Parts, settings: Settings) -> None:
    """The gates are closed to owners while purchases are switched off."""

    def cinematic(player: Player, hero_id: str) -> None:
        raise HTTPException(403, "Purchases are switched off")

    if settings.purchases_disabled:
        put(parts.gates, cinematic=cinematic)


@fault("operations.stop-drops-webhooks", STOP)
def stop_drops_webhooks(parts: Parts, settings: Settings) -> None:
    """Webhooks are answered 200 and dropped while purchases are switched off."""

    async def receive(event: WebhookEvent) -> None:
        return None

    if settings.purchases_disabled:
        put(parts.effects, receive=receive)


@fault("operations.stop-not-flagged", STOP)
def stop_not_flagged(app: FastAPI) -> None:
    """The flag stays on while purchases are switched off."""
    edit_json(app, lambda body: {**body, "flags": {"PURCHASES_ENABLED": True}}, "features")
