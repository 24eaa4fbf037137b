"""Since when the release is out: as the command line says, the environment file, or else the start of the run."""

from dataclasses import dataclass
from datetime import UTC, datetime

from harness.errors import ConfigError

UNNAMED = "the start of this run; name it with --deployed-at"


@dataclass(frozen=True)
class Deploy:
    """`at`: the moment from which on counts what happens. `source`: who says so."""

    at: datetime
    source: str

    @property
    def words(self) -> str:
        """For the report's notes."""
        return f"the deploy counts from {self.at:%Y-%m-%d %H:%M:%S} UTC on ({self.source})"


def deploy(given: str | None, since: datetime | None, started: datetime) -> Deploy:
    """`given`: --deployed-at. Raises ConfigError where that is no time with an offset, or one that is yet to come."""
    if given is not None:
        return _not_ahead(Deploy(_read(given), "--deployed-at"), started)
    if since is not None:
        return _not_ahead(Deploy(since.astimezone(UTC), "postdeploy.since"), started)
    return Deploy(started, UNNAMED)


def _read(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise ConfigError(
            "--deployed-at", f"{text!r} is no time with an offset", "write --deployed-at=2026-01-31T12:00:00Z"
        )
    return moment.astimezone(UTC)


def _not_ahead(found: Deploy, started: datetime) -> Deploy:
    if found.at > started:
        raise ConfigError(
            found.source, f"{found.at.isoformat()} is yet to come", "name the moment at which it went live"
        )
    return found
