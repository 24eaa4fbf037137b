"""Since when the release is out: as the command line says, the environment file, or else the start of the run."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from harness.errors import ConfigError, Unprovable
from harness.evidence.exchange import now

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

    def settled(self, settles: timedelta) -> datetime:
        """Up to when is known what happened since; `settles`: until a service shows it.

        Raises Unprovable where that is before the deploy, or at its moment.
        """
        until = now() - settles
        if until <= self.at:
            minutes = settles / timedelta(minutes=1)
            raise Unprovable(
                f"the deploy counts from {self.at:%H:%M:%S} UTC on, and what happened shows {minutes:g} minutes later",
                "run again then, or say when it went live with --deployed-at=...",
            )
        return until


def deploy(given: str | None, since: datetime | None, started: datetime) -> Deploy:
    """`given`: --deployed-at. Raises ConfigError where that is no time with an offset, or one that is yet to come."""
    if given is not None:
        return _not_ahead(Deploy(_read(given), "--deployed-at"), started)
    if since is not None:
        return _not_ahead(Deploy(_in_utc(since), "postdeploy.since"), started)
    return Deploy(started, UNNAMED)


def _in_utc(since: datetime) -> datetime:
    try:
        return since.astimezone(UTC)
    except OverflowError:
        raise ConfigError(
            "postdeploy.since", f"{since.isoformat()} is out of range", "write it as 2026-01-31T12:00:00Z"
        ) from None


def _read(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise ConfigError(
        "--deployed-at", f"{text!r} is no time with an offset", "write --deployed-at=2026-01-31T12:00:00Z"
    )


def _not_ahead(found: Deploy, started: datetime) -> Deploy:
    if found.at > started:
        raise ConfigError(
            found.source, f"{found.at.isoformat()} is yet to come", "name the moment at which it went live"
        )
    return found
