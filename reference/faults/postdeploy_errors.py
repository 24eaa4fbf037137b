"""Faults that show after a deploy: what Sentry has of the release."""

from collections.abc import Mapping

from reference.app import Parts
from reference.catalogue import now_ms
from reference.choices import fault
from reference.sentry import WEEK_MS

ITEM = "postdeploy.errors"


@fault("postdeploy.new-issue", ITEM)
def new_issue(parts: Parts) -> None:
    """An issue is new since the deploy."""
    parts.sentry.report("TypeError: price is undefined", "shop/offer.tsx", substatus="new")


@fault("postdeploy.new-issue-of-old-sentry", ITEM)
def new_issue_without_substatus(parts: Parts) -> None:
    """An issue is new since the deploy, in a Sentry that knows no substatus."""
    parts.sentry.report("TypeError: price is undefined", "shop/offer.tsx", substatus=None)


@fault("postdeploy.new-warning", ITEM)
def new_warning(parts: Parts) -> None:
    """An issue is new since the deploy, if only a warning."""
    parts.sentry.report("The feed is empty", "feed/refresh", level="warning", substatus="new")


@fault("postdeploy.new-issue-on-the-last-page", ITEM)
def new_issue_on_the_last_page(parts: Parts) -> None:
    """The one new issue is behind all others."""
    new_issue(parts)
    parts.sentry.issues.append(parts.sentry.issues.pop(0))


@fault("postdeploy.regressed-issue", ITEM)
def regressed_issue(parts: Parts) -> None:
    """An issue that was resolved is back."""
    parts.sentry.report("TypeError: x", "arena/board.tsx", substatus="regressed", first_ms=now_ms() - WEEK_MS)


AT_ONCE: Mapping[str, tuple[str, str, str]] = {
    "crash-in-root-layout": (
        "TypeError: undefined is not a function",
        "app/_layout.tsx in RootLayout",
        "A crash in the root layout",
    ),
    "crash-in-session-provider": (
        "Error: no storage",
        "SessionProvider(src/session)",
        "A crash in the session provider",
    ),
    "start-up-check": (
        "RuntimeError: REVENUECAT_SECRET_KEY not configured",
        "server in validate",
        "A RuntimeError of the start-up check",
    ),
    "purchase-flow": (
        "TypeError: offering is null",
        "purchases/buy.ts in buyPackage",
        "An uncaught exception of a purchase",
    ),
    "token-decode": (
        "DecodeError: Not enough segments",
        "auth in verify",
        "A token that could not be decoded",
    ),
}


def _pages(name: str, title: str, culprit: str, said: str) -> None:
    def report(parts: Parts) -> None:
        parts.sentry.report(title, culprit, first_ms=now_ms() - WEEK_MS)

    fault(f"postdeploy.{name}", ITEM, f"{said} goes on happening.")(report)


for _name, _told in AT_ONCE.items():
    _pages(_name, *_told)


@fault("postdeploy.crash-archived", ITEM)
def crash_archived(parts: Parts) -> None:
    """Somebody has archived a crash in the root layout."""
    parts.sentry.report(
        "Error: x", "RootLayout", level="fatal", status="ignored", substatus="archived_forever"
    )
