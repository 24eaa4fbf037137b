"""Faults that show after a deploy: what players do, and what the log says."""

from reference.app import Parts
from reference.choices import fault
from reference.logs import log
from reference.posthog import USUAL

FUNNEL, LOGS = "postdeploy.funnel", "postdeploy.logs"


def _today(name: str, said: str, **numbers: int) -> None:
    def change(parts: Parts) -> None:
        parts.posthog.today(**numbers)

    fault(f"postdeploy.{name}", FUNNEL, said)(change)


_today(
    "paywall-without-attempts",
    "Of 400 who see the paywall none tries to buy.",
    purchase_attempt=0,
    purchase_success=0,
)
_today(
    "fewer-attempts",
    "Of those who see the paywall 4.75 % try to buy.",
    purchase_attempt=19,
    purchase_success=16,
    paywall_opened=400,
)
_today("attempts-fail", "No attempt to buy succeeds.", purchase_success=0)
_today("fewer-successes", "Of the attempts to buy 49 % succeed.", purchase_success=35)
_today(
    "denials-spike", "Gates are closed to three times as many as on earlier days.", premium_gate_denied=750
)
_today("store-drops", "The store is opened by a third of those on earlier days.", store_opened=100)
_today("store-unopened", "Nobody opens the store.", store_opened=0)


@fault("postdeploy.attempts-fail-in-the-canary", FUNNEL)
def attempts_fail_in_the_canary(parts: Parts) -> None:
    """No attempt to buy succeeds in this release, which one player in ten has; in that before nearly all do."""
    parts.posthog.today(purchase_success=0)
    parts.posthog.before = {event: 9 * USUAL[event] for event in ("purchase_attempt", "purchase_success")}


@fault("postdeploy.denials-from-nothing", FUNNEL)
def denials_from_nothing(parts: Parts) -> None:
    """Gates that were closed to nobody on earlier days are closed to many."""
    parts.posthog.numbers["premium_gate_denied"] = [USUAL["premium_gate_denied"], 0, 0, 0, 0, 0, 0, 0]


def _logged(name: str, said: str, *lines: str, level: str = "info") -> None:
    def tell(parts: Parts) -> None:
        for line in lines:
            getattr(log, level)("%s", line)

    fault(f"postdeploy.{name}", LOGS, said)(tell)


_logged("error-line", "The log has a line of level ERROR.", "could not reach the database", level="error")
_logged("critical-line", "The log has a line of level CRITICAL.", "out of memory", level="critical")
_logged(
    "traceback",
    "The log has a traceback.",
    "Traceback (most recent call last):",
    '  File "server.py", line 3, in verify',
    "KeyError: 'receipt'",
)
_logged("json-error-line", "The log has an error as JSON.", '{"level": "error", "message": "no database"}')
_logged(
    "missing-setting-line", "The log says that a secret is missing.", "REVENUECAT_SECRET_KEY not configured"
)
