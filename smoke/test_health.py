"""Health: the backend answers, and says what it is."""

from datetime import UTC, datetime, timedelta

from harness import checks, probe

MS_SINCE = 10**11  # from here on a number is milliseconds: as seconds it would be the year 5138


@probe
async def health(api):
    """Health, asked without credentials."""
    return await api.health()


@checks("health.basic")
def test_health_answers_without_credentials(health, record_property):
    record_property("latency_ms", round(health.elapsed / timedelta(milliseconds=1)))
    assert health.status == 200


@checks("health.basic")
def test_status_is_healthy(health):
    assert health.field("status") == "healthy"


@checks("health.basic")
def test_timestamp_is_now(health, expect):
    midpoint = health.started + health.elapsed / 2
    assert abs(moment(health.field("timestamp")) - midpoint) < timedelta(seconds=expect.clock_skew_s)


@checks("health.basic")
def test_version_is_the_expected_one(health, expect, site):
    """Where none is expected: the one that the target showed when the run began."""
    assert health.json.get("version") == (expect.version or site.version)


@checks("health.basic")
def test_release_names_its_version(health, release_mode):
    assert isinstance(health.field("version"), str)


@checks("health.basic")
def test_mode_is_the_expected_one(health, expect):
    assert health.field("server_dev_mode") is expect.server_dev_mode


def moment(said):
    """A time as backends write one, for no way is promised: ISO 8601, in UTC where nothing is said, or Unix time."""
    if isinstance(said, str):
        time = datetime.fromisoformat(said)
        return time if time.tzinfo else time.replace(tzinfo=UTC)
    assert isinstance(said, int | float), f"no time: {said!r}"
    return datetime.fromtimestamp(said / 1000 if said >= MS_SINCE else said, UTC)
