"""Variants of what shows after a deploy, all of it legal; a name that begins with `postdeploy-` says the phase."""

from collections.abc import Callable

from starlette.responses import JSONResponse

from reference.app import Parts
from reference.catalogue import now_ms
from reference.changing import put
from reference.choices import variant
from reference.logs import log
from reference.posthog import DAYS
from reference.sentry import WEEK_MS


def _before() -> int:
    return now_ms() - WEEK_MS


@variant("postdeploy-no-issues")
def no_issues(parts: Parts) -> None:
    """Sentry has no issue at all."""
    parts.sentry.issues.clear()


@variant("postdeploy-release-of-another-name", expected="INCONCLUSIVE")
def release_of_another_name(parts: Parts) -> None:
    """The SDKs report the release under another name than is asked for, and so Sentry lists no issue of it."""
    parts.sentry.rename("heroes@" + parts.sentry.release)


@variant("postdeploy-many-old-issues")
def many_old_issues(parts: Parts) -> None:
    """Sentry has several pages of issues that are as old as the game; until a week is over some are called new, one
    regressed."""
    for nth in range(9):
        substatus = "new" if nth % 2 else "ongoing"
        parts.sentry.report(
            f"TypeError: old {nth}", "arena/board.tsx", first_ms=_before(), substatus=substatus
        )
    yesterday = now_ms() - WEEK_MS // 7
    parts.sentry.report("KeyError: x", "x.tsx", first_ms=_before(), back_ms=yesterday, substatus="regressed")


@variant("postdeploy-settled-issues")
def settled_issues(parts: Parts) -> None:
    """What is new since the deploy is resolved or archived already."""
    for status, substatus in (("resolved", None), ("ignored", "archived_until_escalating")):
        parts.sentry.report(
            "TypeError: price is undefined", "shop/offer.tsx", status=status, substatus=substatus
        )


@variant("postdeploy-issues-of-another-release")
def issues_of_another_release(parts: Parts) -> None:
    """What is new, back or pages at once is of another release."""
    for substatus in ("new", "regressed"):
        parts.sentry.report("DecodeError: x", "app/_layout.tsx", substatus=substatus, release="2.0.0-beta")


@variant("postdeploy-escalating-issue")
def escalating_issue(parts: Parts) -> None:
    """An old issue happens more and more: that is told, and decides nothing."""
    parts.sentry.report("TimeoutError: x", "feed/refresh", substatus="escalating", first_ms=_before())


@variant("postdeploy-handled-purchase-error")
def handled_purchase_error(parts: Parts) -> None:
    """An old error of purchases that the code handles goes on; so does a warning of the root layout."""
    parts.sentry.report("StoreError: cancelled", "purchases/buy.ts", handled=True, first_ms=_before())
    parts.sentry.report("slow render", "app/_layout.tsx", level="warning", first_ms=_before())


def _today(name: str, said: str, **numbers: int) -> Callable[[Parts], None]:
    def change(parts: Parts) -> None:
        parts.posthog.today(**numbers)

    change.__doc__ = said
    return variant(f"postdeploy-{name}")(change)


_today(
    "between-thresholds",
    "The funnel is between healthy and broken: told, and GO.",
    purchase_attempt=36,
    purchase_success=22,
)
_today(
    "at-the-thresholds",
    "The funnel is exactly at the lower thresholds.",
    purchase_attempt=40,
    paywall_opened=800,
    purchase_success=20,
)
_today(
    "few-views",
    "Few see the paywall, and just enough of them to judge.",
    paywall_opened=150,
    purchase_attempt=30,
    purchase_success=25,
)
_today("many-opened-stores", "The store is opened three times as often as usual.", store_opened=900)
_today("no-denials", "Gates are closed to nobody.", premium_gate_denied=0)
_today(
    "nearly-a-spike",
    "Gates are closed to twice as many as usual, and the store is opened by half.",
    premium_gate_denied=500,
    store_opened=150,
)


@variant("postdeploy-one-strange-day")
def one_strange_day(parts: Parts) -> None:
    """On one of the earlier days there was ten times the traffic, and on another hardly any."""
    for numbers in parts.posthog.numbers.values():
        numbers[2], numbers[5] = numbers[2] * 10, 1


@variant("postdeploy-young-game")
def young_game(parts: Parts) -> None:
    """The game is four days old."""
    for numbers in parts.posthog.numbers.values():
        numbers[4:] = [0] * (DAYS - 4)


@variant("postdeploy-first-days", expected="INCONCLUSIVE")
def first_days(parts: Parts) -> None:
    """Of a game that is three days old nobody knows what is usual."""
    for numbers in parts.posthog.numbers.values():
        numbers[3:] = [0] * (DAYS - 3)


@variant("postdeploy-quiet-night", expected="INCONCLUSIVE")
def quiet_night(parts: Parts) -> None:
    """Nobody plays: there is nothing to judge by."""
    parts.posthog.numbers = {event: [0] * DAYS for event in parts.posthog.numbers}


@variant("postdeploy-sentry-is-down", expected="INCONCLUSIVE")
def sentry_is_down(parts: Parts) -> None:
    """Sentry has trouble of its own, which says nothing of the release."""
    put(parts.sentry, refusal=lambda *_: JSONResponse({"detail": "Internal Error"}, 503))


@variant("postdeploy-posthog-is-down", expected="INCONCLUSIVE")
def posthog_is_down(parts: Parts) -> None:
    """PostHog has trouble of its own, which says nothing of the release."""
    put(parts.posthog, refusal=lambda *_: JSONResponse({"type": "server_error"}, 502))


@variant("postdeploy-harmless-lines")
def harmless_lines(parts: Parts) -> None:
    """The log speaks of errors that are none, and warns."""
    for line in (
        "0 errors in the last minute",
        "error_rate=0.0",
        "Purchase verification failed: unknown receipt",
    ):
        log.info("%s", line)
    log.warning("the feed took 2 s")
