"""What can go wrong in a run, and what each kind means for its outcome.

Exception
├── ConfigError      a file, option or variable is unusable        exit 4, nothing is run
├── ProbeFailed      a probe met what it did not foresee           failed
├── Unreachable      the target never became ready                 exit 11, no check is run
└── Unprovable       the environment lacks what a check needs      not proven
    └── Gone         the target stopped answering in mid-run       not proven
AssertionError
└── PromiseBroken    the evidence already shows a broken promise   failed
    ├── NoAnswer     no complete HTTP answer came back             failed
    └── DriftError   an OpenAPI document cannot be compared        failed
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook.errors import ConfigError

if TYPE_CHECKING:
    from harness.evidence.exchange import Evidence

__all__ = [
    "ConfigError",
    "DriftError",
    "Gone",
    "NoAnswer",
    "ProbeFailed",
    "PromiseBroken",
    "Unprovable",
    "Unreachable",
]


class ProbeFailed(Exception):
    """A probe ended with an error of its own; says which, and where."""


class Unreachable(Exception):
    """The target did not become ready in time, or is not the version expected; says the cause.

    `version`: another one, which answered last.
    """

    def __init__(self, cause: str, version: str | None = None) -> None:
        self.version = version
        super().__init__(cause)


class Unprovable(Exception):
    """The environment lacks what a check needs: `reason`, and the `remedy` that would change it."""

    def __init__(self, reason: str, remedy: str) -> None:
        self.reason, self.remedy = reason, remedy
        super().__init__(f"{reason}; {remedy}")


class Gone(Unprovable):
    """The target answers nothing any more, its health neither: says since when, and what it was asked then."""


class PromiseBroken(AssertionError):
    """An answer breaks a promise, so that it was not possible to go on; carries the exchange or scene.

    `owner`: the checklist item that made the promise, where a check of another section met it on its way.
    """

    def __init__(self, message: str, exchange: Evidence | None = None, owner: str | None = None) -> None:
        self.exchange, self.owner = exchange, owner
        super().__init__(message)


class NoAnswer(PromiseBroken):
    """The target gave no complete answer: refused, reset, timed out, or not HTTP."""


class DriftError(PromiseBroken):
    """An OpenAPI document that cannot be compared: it is none, or a `$ref` in it leads nowhere."""
