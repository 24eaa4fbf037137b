"""Logs: each marker tied to what this run did, and no secret in any line."""

import re

import pytest

from harness import checks, probe

JWT = re.compile(r"eyJ[\w-]{5,}\.[\w-]+\.[\w-]+")
START_MARKERS = (
    "SERVER_DEV_MODE=FALSE",
    "Production configuration validated",
    "Created unique index on username_canon",
)


@probe
async def start_lines(logs, release_mode):
    """Every line that the log still has, back to the target's start."""
    return await logs.all()


@probe
async def delivered_line(logs, dashboard_event):
    """The marker of the TEST event, and the lines that hold it; a UUID may be written in lower case, too."""
    sent, _ = dashboard_event
    marker = "Received webhook event_id="
    return await marked(logs, f"{marker}{sent['id']}", f"{marker}{sent['id'].lower()}")


@probe
async def forged_line(logs, forged_event):
    """The marker of a refused delivery."""
    return await marked(logs, "Webhook signature verification failed")


@probe
async def attempt_line(logs, unknown_receipt):
    """The marker of a verification, with its player's name."""
    buyer, _ = unknown_receipt
    return await marked(logs, f"Verifying purchase for user={buyer.username}")


@probe
async def failure_line(logs, unknown_receipt):
    """The marker of a verification that failed."""
    return await marked(logs, "Purchase verification failed")


@probe
async def success_line(logs, bought):
    """The marker of a verification that succeeded."""
    return await marked(logs, "Purchase verified successfully")


@probe
async def run_lines(logs, delivered_line, forged_line, attempt_line, login, sessions, bought, refused_tokens):
    """The lines of this run, after the calls that carried its passwords, tokens, receipts and signatures."""
    return await logs.of_this_run()


@probe
async def purchase_lines(logs, attempt_line, failure_line):
    """The lines of this run, after a purchase was looked up at RevenueCat."""
    return await logs.of_this_run()


async def marked(logs, marker, *spellings):
    """The marker, and the lines in which it stood in time, in this or another of its spellings."""

    def holding(lines):
        return [line for line in lines if any(each in line for each in (marker, *spellings))]

    return marker, holding(await logs.until(holding))


@checks("operations.release-mode")
@pytest.mark.parametrize("marker", START_MARKERS)
def test_start_is_logged(start_lines, marker):
    assert [line for line in start_lines if marker in line] != []


@checks("webhooks.logged")
def test_delivery_is_logged_with_its_event_id(delivered_line):
    marker, lines = delivered_line
    assert lines, f"no line holds: {marker}"


@checks("webhooks.logged")
def test_refused_delivery_is_logged(forged_line):
    marker, lines = forged_line
    assert lines, f"no line holds: {marker}"


@checks("purchases.logged")
def test_verification_is_logged_with_its_player(attempt_line):
    marker, lines = attempt_line
    assert lines, f"no line holds: {marker}"


@checks("purchases.logged")
def test_failed_verification_is_logged(failure_line):
    marker, lines = failure_line
    assert lines, f"no line holds: {marker}"


@checks("purchases.logged")
def test_successful_verification_is_logged(success_line):
    marker, lines = success_line
    assert lines, f"no line holds: {marker}"


@checks("purchases.logged")
def test_revenuecat_is_configured(purchase_lines):
    assert [line for line in purchase_lines if "REVENUECAT_SECRET_KEY not configured" in line] == []


@checks("operations.quiet-logs")
def test_no_line_holds_a_secret_of_this_run(run_lines, known_secrets):
    assert run_lines, "the log has no line of this run"
    assert {name for line in run_lines for name in known_secrets.found_in(line)} == set()


@checks("operations.quiet-logs")
def test_no_line_holds_a_token(run_lines):
    assert [JWT.sub("<jwt>", line) for line in run_lines if JWT.search(line)] == []
