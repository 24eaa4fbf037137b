"""Faults of the log: each marker missing, and secrets in its lines."""

import logging
import re
from typing import Any

from fastapi import Request
from starlette.responses import Response

from reference.accounts import Player, Session
from reference.app import Parts
from reference.bodies import PurchaseOrder
from reference.changing import is_call, put
from reference.choices import fault
from reference.doors import Handle
from reference.logs import log
from reference.settings import Settings

QUIET = "operations.quiet-logs"


def unlogged(name: str, item: str, marker: str, instead: str = "") -> None:
    """Enters a fault that leaves a marker out of the log, or writes something else instead."""

    def rewrite(record: logging.LogRecord) -> bool:
        text = record.getMessage()
        if not re.search(marker, text):
            return True
        record.msg, record.args = re.sub(marker, instead, text), ()
        return bool(instead)

    def leave_out(handler: logging.Handler) -> None:
        handler.addFilter(rewrite)

    said = f"is written {instead!r}" if instead else "is missing"
    plain = marker.partition(r"\S")[0]
    fault(f"logs.{name}", item, f"The marker {plain!r} {said}.")(leave_out)


unlogged("mode-missing", "operations.release-mode", "SERVER_DEV_MODE=FALSE")
unlogged("mode-lower-case", "operations.release-mode", "SERVER_DEV_MODE=FALSE", "SERVER_DEV_MODE=false")
unlogged("validation-missing", "operations.release-mode", "Production configuration validated")
unlogged("index-missing", "operations.release-mode", "Created unique index on username_canon")
unlogged("webhook-missing", "webhooks.logged", "Received webhook event_id=")
unlogged("webhook-without-id", "webhooks.logged", r"Received webhook event_id=\S+", "Received webhook")
unlogged("forgery-missing", "webhooks.logged", "Webhook signature verification failed")
unlogged("attempt-missing", "purchases.logged", "Verifying purchase for user=")
unlogged(
    "attempt-without-player",
    "purchases.logged",
    r"Verifying purchase for user=\S+",
    "Verifying purchase for user=*",
)
unlogged("success-missing", "purchases.logged", "Purchase verified successfully")
unlogged("failure-missing", "purchases.logged", "Purchase verification failed")


@fault("logs.silent", QUIET)
def silent(handler: logging.Handler) -> None:
    """The log is empty."""
    handler.addFilter(lambda record: False)


@fault("logs.says-not-configured", "purchases.logged")
def says_not_configured(parts: Parts) -> None:
    """Each verification warns that the secret key is not configured."""
    strict = parts.purchases.require_open

    def require_open() -> None:
        log.warning("REVENUECAT_SECRET_KEY not configured")
        strict()

    put(parts.purchases, require_open=require_open)


# Secrets


@fault("logs.token-in-line", QUIET)
def token_in_line(parts: Parts) -> None:
    """A refused token is logged."""
    strict = parts.tokens.session

    def session(authorization: str | None) -> Session:
        try:
            return strict(authorization)
        except Exception:
            log.info("Refused %s", authorization)
            raise

    put(parts.tokens, session=session)


@fault("logs.issued-token-in-line", QUIET)
def issued_token_in_line(parts: Parts) -> None:
    """A new token is logged without its signature."""
    issue = parts.tokens.issue

    def issue_and_tell(player: Player) -> str:
        token = issue(player)
        log.info("Issued %s.x", token.rpartition(".")[0])
        return token

    put(parts.tokens, issue=issue_and_tell)


@fault("logs.password-in-line", QUIET)
def password_in_line(parts: Parts) -> None:
    """A login is logged with its password."""
    strict = parts.accounts.login

    def login(username: str, password: str) -> Player:
        log.info("Login of %s with %s", username, password)
        return strict(username, password)

    put(parts.accounts, login=login)


@fault("logs.receipt-in-line", QUIET)
def receipt_in_line(parts: Parts) -> None:
    """A verification is logged with its receipt."""
    strict = parts.purchases.verify

    async def verify(player: Player, order: PurchaseOrder) -> dict[str, Any]:
        log.info("Receipt %s, transaction %s", order.receipt_data, order.transaction_id)
        return await strict(player, order)

    put(parts.purchases, verify=verify)


@fault("logs.signature-in-line", QUIET)
def signature_in_line(parts: Parts) -> None:
    """A webhook is logged with its credentials."""
    strict = parts.doors.webhook

    async def webhook(request: Request, handle: Handle) -> Response:
        log.info("Webhook with %s", request.headers.get(parts.credentials.settings.webhook_header))
        return await strict(request, handle)

    put(parts.doors, webhook=webhook)


def _told(name: str, setting: str) -> None:
    def tell(settings: Settings) -> None:
        log.info("Configured with %s", getattr(settings, setting))

    fault(f"logs.{name}-in-line", QUIET, f"The setting {setting} is logged at the start.")(tell)


_told("webhook-secret", "webhook_secret")
_told("signing-secret", "jwt_secret_key")
_told("revenuecat-key", "revenuecat_secret_key")


@fault("logs.revenuecat-request-in-line", QUIET)
def revenuecat_request_in_line(parts: Parts) -> None:
    """Each look-up at RevenueCat is logged with its key."""
    strict = parts.purchases.revenuecat.subscriber

    async def subscriber(app_user_id: str) -> dict[str, Any]:
        log.info("GET /v1/subscribers with Bearer %s", parts.purchases.revenuecat.secret_key)
        return await strict(app_user_id)

    put(parts.purchases.revenuecat, subscriber=subscriber)


@fault("logs.bodies-in-lines", QUIET)
def bodies_in_lines(parts: Parts) -> None:
    """Bodies of purchases are logged as they arrive."""
    strict = parts.doors.purchase

    async def purchase(request: Request, handle: Handle) -> Response:
        if is_call(request, "purchase"):
            log.info("Body %s", (await request.body())[:2000])
        return await strict(request, handle)

    put(parts.doors, purchase=purchase)
