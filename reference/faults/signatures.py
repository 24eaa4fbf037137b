"""Faults of webhooks' credentials: what is taken for RevenueCat's."""

import hmac
import json
import re
import time
from collections.abc import Callable

from fastapi import FastAPI, Request
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from reference.app import Parts
from reference.changing import edit, put
from reference.choices import fault
from reference.doors import Handle

SIGNATURE = "webhooks.signature"


def _trust(name: str, description: str, matches: Callable[[Parts, str | None, bytes], bool]) -> None:
    """Credentials that are let in although they are bad."""

    def let_in(parts: Parts) -> None:
        strict = parts.credentials.require

        def require(headers: Headers, body: bytes) -> None:
            if not matches(parts, headers.get(parts.credentials.settings.webhook_header), body):
                strict(headers, body)

        put(parts.credentials, require=require)

    fault(f"webhooks.{name}", SIGNATURE, description)(let_in)


def _split(value: str | None) -> tuple[int, str]:
    found = re.fullmatch(r"t=(\d+),v1=([0-9a-f]*)", value or "")
    return (int(found[1]), found[2]) if found else (0, "")


def _is_signed(parts: Parts, value: str | None, body: bytes) -> bool:
    moment, signature = _split(value)
    return hmac.compare_digest(parts.credentials.digest(b"%d.%s" % (moment, body)).decode(), signature)


def _reserialised(body: bytes) -> bytes:
    try:
        return json.dumps(json.loads(body)).encode()
    except ValueError:
        return body


_trust("no-credentials-accepted", "A webhook without credentials is taken.", lambda p, v, b: v is None)
_trust("empty-credentials-accepted", "A webhook with empty credentials is taken.", lambda p, v, b: v == "")
_trust(
    "any-signature-accepted",
    "The signature of a webhook is looked at, but not compared.",
    lambda p, v, b: len(_split(v)[1]) == 64,
)
_trust(
    "bearer-accepted",
    "A player's own token is good for a webhook.",
    lambda p, v, b: (v or "").startswith("Bearer "),
)
_trust(
    "truncated-signature-accepted",
    "A signature is compared as far as it goes.",
    lambda p, v, b: (
        len(_split(v)[1]) > 32
        and p.credentials.digest(b"%d.%s" % (_split(v)[0], b)).decode().startswith(_split(v)[1])
    ),
)
_trust(
    "signed-over-the-parsed-body",
    "The signature is checked against the body as parsed and written again.",
    lambda p, v, b: _is_signed(p, v, _reserialised(b)),
)
_trust(
    "timestamp-not-signed",
    "The time of a signature is not part of what is compared.",
    lambda p, v, b: any(_is_signed(p, f"t={_split(v)[0] - ago},v1={_split(v)[1]}", b) for ago in range(15)),
)


@fault("webhooks.stale-accepted", SIGNATURE)
def stale_accepted(parts: Parts) -> None:
    """A signature is good for ever."""
    put(parts.credentials, is_recent=lambda moment: moment <= time.time() + 300)


@fault("webhooks.future-accepted", SIGNATURE)
def future_accepted(parts: Parts) -> None:
    """A signature from the future is good."""
    put(parts.credentials, is_recent=lambda moment: moment >= time.time() - 300)


@fault("webhooks.body-before-credentials", SIGNATURE)
def body_before_credentials(parts: Parts) -> None:
    """The body is checked before the credentials."""
    strict = parts.doors.webhook

    async def webhook(request: Request, handle: Handle) -> Response:
        try:
            json.loads(await request.body())
        except ValueError:
            raise HTTPException(422, "No event") from None
        return await strict(request, handle)

    put(parts.doors, webhook=webhook)


@fault("webhooks.refused-with-400", SIGNATURE)
def refused_with_400(app: FastAPI) -> None:
    """Bad credentials are answered 400."""
    edit(app, lambda _, answer: answer.replace(400, answer.json), "webhook", statuses=range(401, 402))


@fault("webhooks.refused-with-200", SIGNATURE)
def refused_with_200(app: FastAPI) -> None:
    """Bad credentials are answered 200, and the event is dropped."""
    edit(app, lambda _, answer: answer.replace(200, {}), "webhook", statuses=range(401, 402))


@fault("webhooks.refused-and-applied", SIGNATURE)
def refused_and_applied(parts: Parts) -> None:
    """Bad credentials are answered 401, and the event is applied."""
    strict = parts.doors.webhook

    async def webhook(request: Request, handle: Handle) -> Response:
        try:
            return await strict(request, handle)
        except HTTPException as refusal:
            await handle(request)
            return JSONResponse({"detail": refusal.detail}, refusal.status_code)

    put(parts.doors, webhook=webhook)
