"""Variants of how answers look: statuses, words, shapes, headers, encodings, speed."""

import gzip
import json
import random
import uuid
from typing import Any

from fastapi import FastAPI, Request

from reference.changing import Answer, edit, edit_json
from reference.choices import variant

REFUSALS = range(400, 500)


@variant("register-200")
def register_200(app: FastAPI) -> None:
    """Registration answers 200 instead of 201."""
    edit(app, lambda _, answer: answer.replace(200, answer.json), "register", statuses=range(201, 202))


@variant("duplicates-400")
def duplicates_400(app: FastAPI) -> None:
    """A taken name is answered 400 instead of 409."""
    edit(app, lambda _, answer: answer.replace(400, answer.json), "register", statuses=range(409, 410))


@variant("bad-input-400")
def bad_input_400(app: FastAPI) -> None:
    """What cannot be processed is answered 400 instead of 422."""
    edit(app, lambda _, answer: answer.replace(400, answer.json), statuses=range(422, 423))


@variant("refusals-422")
def refusals_422(app: FastAPI) -> None:
    """An invalid purchase is answered 422 instead of 400, 402 or 409."""
    edit(app, lambda _, answer: answer.replace(422, answer.json), "purchase", statuses=range(402, 411))


@variant("refusals-200")
def refusals_200(app: FastAPI) -> None:
    """An invalid but well-formed purchase is answered 200 with success false."""

    def refuse(_: Request, answer: Answer) -> None:
        if answer.status == 402 or answer.json.get("detail", "").startswith("Unknown product"):
            answer.replace(200, {"success": False, "message": answer.json["detail"]})

    edit(app, refuse, "purchase", statuses=range(400, 403))


@variant("refusals-404")
def refusals_404(app: FastAPI) -> None:
    """A bad id in a path is answered 404 instead of 422."""
    calls = ("access", "url", "claim")
    edit(app, lambda _, answer: answer.replace(404, answer.json), *calls, statuses=range(422, 423))


@variant("other-words")
def other_words(app: FastAPI) -> None:
    """Every refusal has other words."""
    edit(
        app,
        lambda _, answer: answer.replace(answer.status, {"detail": "Computer says no"}),
        statuses=REFUSALS,
    )


@variant("detail-lists")
def detail_lists(app: FastAPI) -> None:
    """The detail of every refusal is a list of objects."""

    def listed(_: Request, answer: Answer) -> None:
        reason = {"type": "refused", "loc": ["request"], "msg": str(answer.json["detail"])}
        answer.json = {"detail": [reason]}

    edit(app, listed, statuses=REFUSALS)


@variant("nested-messages")
def nested_messages(app: FastAPI) -> None:
    """Every refusal carries an error object beside its detail."""

    def nested(_: Request, answer: Answer) -> None:
        answer.json = {**answer.json, "error": {"code": answer.status, "message": "Refused"}}

    edit(app, nested, statuses=range(400, 600))


@variant("request-ids")
def request_ids(app: FastAPI) -> None:
    """Every refusal carries a request id and the time."""

    def stamped(_: Request, answer: Answer) -> None:
        stamp = {"request_id": str(uuid.uuid4()), "timestamp": random.random()}
        answer.json = {**answer.json, **stamp}
        answer.headers["X-Request-Id"] = stamp["request_id"]  # type: ignore[assignment]

    edit(app, stamped, statuses=REFUSALS)


@variant("extra-fields")
def extra_fields(app: FastAPI) -> None:
    """Every object in every good answer has fields more."""

    def wider(value: Any, name: str = "") -> Any:
        if isinstance(value, list):
            return [wider(each) for each in value]
        if not isinstance(value, dict):
            return value
        added = {} if name == "entitlements" else {"x_new": {"a": [1, None]}, "x_flag": True}
        return {key: wider(each, key) for key, each in value.items()} | added

    edit_json(app, wider)


@variant("keys-reversed")
def keys_reversed(app: FastAPI) -> None:
    """Every object in every answer has its keys in another order."""

    def turned(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: turned(value[key]) for key in reversed(value)}
        return [turned(each) for each in value] if isinstance(value, list) else value

    edit_json(app, turned, statuses=range(200, 500))


@variant("pretty-printed")
def pretty_printed(app: FastAPI) -> None:
    """JSON is printed for readers, in ASCII, with its charset in the content type."""

    def pretty(_: Request, answer: Answer) -> None:
        answer.body = json.dumps(answer.json, indent=4).encode()
        answer.headers["Content-Type"] = "application/json; charset=utf-8"

    edit(app, pretty, statuses=range(200, 500))


@variant("gzip")
def zipped(app: FastAPI) -> None:
    """Every answer is compressed, however short it is."""

    def compress(request: Request, answer: Answer) -> None:
        if "gzip" in request.headers.get("Accept-Encoding", ""):
            answer.body = gzip.compress(answer.body)
            answer.headers["Content-Encoding"] = "gzip"

    edit(app, compress)


@variant("no-cache-headers")
def no_cache_headers(app: FastAPI) -> None:
    """Answers carry an entity tag and tell caches to ask first."""

    def tagged(_: Request, answer: Answer) -> None:
        answer.headers["Cache-Control"] = "private, max-age=0, must-revalidate"
        answer.headers["ETag"] = f'"{uuid.uuid4().hex}"'

    edit(app, tagged)


@variant("cookies-and-security-headers")
def cookies(app: FastAPI) -> None:
    """Answers come through a proxy that adds its own headers."""

    def dressed(_: Request, answer: Answer) -> None:
        answer.headers["Set-Cookie"] = "route=a; Path=/; HttpOnly"
        answer.headers["Strict-Transport-Security"] = "max-age=31536000"
        answer.headers["Via"] = "1.1 edge"

    edit(app, dressed)


@variant("refusals-as-problem-details")
def refusals_as_problem_details(app: FastAPI) -> None:
    """Refusals are problem details (RFC 9457), with `detail` among them."""

    def rewrite(_: Request, answer: Answer) -> None:
        answer.json = {**answer.json, "type": "about:blank", "title": "Refused", "status": answer.status}
        answer.headers["Content-Type"] = "application/problem+json"

    edit(app, rewrite, statuses=range(400, 600))


@variant("front-refuses-nul")
def front_refuses_nul(app: FastAPI) -> None:
    """A server in front answers a path with a NUL by itself: 400, as HTML."""

    def front(request: Request, answer: Answer) -> None:
        if b"%00" in request.scope["raw_path"]:
            answer.status, answer.body = 400, b"<html>400 Bad Request</html>"
            answer.headers["Content-Type"] = "text/html"

    edit(app, front)
