"""Health: the backend answers, and says what it is."""

from datetime import timedelta

from harness import checks, probe


@probe
async def health(api):
    """Health, asked without credentials."""
    return await api.health()


@checks("health.basic")
def test_health_answers_without_credentials(health):
    assert health.status == 200


@checks("health.basic")
def test_status_is_healthy(health):
    assert health.field("status") == "healthy"


@checks("health.basic")
def test_timestamp_is_now(health, expect):
    assert abs(health.clock_skew("timestamp")) < timedelta(seconds=expect.clock_skew_s)
