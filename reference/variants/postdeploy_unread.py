"""Variants in which a source of postdeploy is there and cannot be read: that says nothing of the release."""

from typing import Any

from starlette.responses import JSONResponse

from reference.app import Parts
from reference.changing import put
from reference.choices import Change, variant


def _unread(name: str, said: str, change: Change) -> None:
    change.__doc__ = said
    variant(f"postdeploy-{name}", expected="INCONCLUSIVE")(change)


def _sentry(name: str, status: int, said: str) -> None:
    def refuse(parts: Parts) -> None:
        put(parts.sentry, refusal=lambda *_: JSONResponse({"detail": said}, status))

    _unread(f"sentry-{name}", f"Sentry answers {status}: {said}.", refuse)


def _posthog(name: str, status: int, kind: str, said: str) -> None:
    def refuse(parts: Parts) -> None:
        put(parts.posthog, refusal=lambda *_: JSONResponse({"type": kind, "detail": said}, status))

    _unread(f"posthog-{name}", f"PostHog answers {status}: {said}.", refuse)


_sentry("wrong-token", 401, "Invalid token")
_sentry("token-without-scope", 403, "You do not have permission to perform this action")
_sentry("unknown-organization", 404, "The requested resource does not exist")
_posthog("wrong-key", 401, "authentication_error", "Invalid Personal API key")
_posthog("key-without-scope", 403, "permission_denied", "API key missing required scope 'query:read'")
_posthog("unknown-project", 404, "invalid_request", "Project not found")


@variant("postdeploy-sentry-other-shape", expected="INCONCLUSIVE")
def sentry_other_shape(parts: Parts) -> None:
    """What answers in Sentry's place knows no issues."""
    put(parts.sentry, refusal=lambda *_: JSONResponse({"status": "ok"}))


@variant("postdeploy-posthog-other-shape", expected="INCONCLUSIVE")
def posthog_other_shape(parts: Parts) -> None:
    """What answers in PostHog's place has no counts in its rows."""

    def answer(hogql: str) -> tuple[list[str], list[list[Any]]]:
        return ["event"], [["paywall_opened"]]

    put(parts.posthog, answer=answer)


# The environment file names a log that is not there.


@variant(
    "postdeploy-log-command-fails",
    environment={
        "logs": {"source": "command", "command": ["sh", "-c", "echo no such deployment >&2; exit 1"]}
    },
    expected="INCONCLUSIVE",
)
def log_command_fails(parts: Parts) -> None:
    """The command that is to print the log fails."""


@variant(
    "postdeploy-log-file-gone",
    environment={"logs": {"path": "/no/such/folder/backend.log"}},
    expected="INCONCLUSIVE",
)
def log_file_gone(parts: Parts) -> None:
    """The log is not where the environment file says."""
