"""What goes into a verdict and what it is: frozen values, no rules."""

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Literal

from harness.verdict.attestations import Attestation
from harness.verdict.signals import Round, Signal
from harness.verdict.visits import Visited
from harness.verdict.waivers import KnownIssue
from runbook.loader import Severity

Decision = Literal["GO", "NO-GO", "INCONCLUSIVE", "UNREACHABLE", "PARTIAL"]
TestOutcome = Literal["passed", "failed", "not proven"]
ItemOutcome = Literal["proven", "broken", "not proven", "attested"]
SignState = Literal["seen", "not seen", "not looked at"]
IssueState = Literal["fails", "no longer fails", "expired", "not seen"]

_REMEDIES: dict[IssueState, str] = {
    "expired": "Mend it, or agree on a new date with its owner.",
    "no longer fails": "Delete it from environments/known_issues.toml.",
}
EXIT_CODES: dict[Decision, int] = {"GO": 0, "NO-GO": 1, "INCONCLUSIVE": 10, "UNREACHABLE": 11, "PARTIAL": 0}


@dataclass(frozen=True)
class TestResult:
    """One collected test's end. A skip, and a test that did not get to run, is "not proven" with a message
    that says why and what would change it; the message's first line serves as the reason.

    `visits`: those of the web client that it looked at. `gave_away`: it failed because a purchase was granted that
    should not be. `region`: where, if several are judged together.
    """

    __test__: ClassVar[bool] = False  # not for pytest to collect

    nodeid: str
    item: str
    outcome: TestOutcome
    message: str
    duration_s: float = 0
    visits: tuple[Visited, ...] = ()
    gave_away: bool = False
    region: str = ""


@dataclass(frozen=True)
class Call:
    """A call of a probe; in seconds, `began_s` since the run began."""

    title: str
    began_s: float
    took_s: float


@dataclass(frozen=True)
class Leg:
    """A probe of the chain that decided how long the run took, with the longest of its calls in the order of time.

    `more_calls`: how many others it made.
    """

    probe: str
    began_s: float
    took_s: float
    calls: tuple[Call, ...]
    more_calls: int


@dataclass(frozen=True)
class RunFacts:
    """What is known of the run as a whole. `started` and `finished` carry an offset. `phase`: of the release, or "all".

    `unreachable`: why no test was run against the target, or None. `writes`: what the run changed there, a
    dict each, whose `kind` ("account", ...) is counted in the reports. `retries`: of connection errors.
    `notes`: what checks said beside their outcome; they decide nothing. `left_out`: items of which some checks were
    not selected. `course`: the chain of probes that ended last. `regions`: that are judged together; else none.
    `gap`: why a verdict joined from several runs is incomplete; it is `interrupted`, then. `signals`: what was measured
    of a release that is rolled out; `rounds`: what earlier rounds of its watch measured.
    """

    environment: str
    base_url: str
    version: str | None
    started: datetime
    finished: datetime
    partial: bool
    interrupted: bool
    unreachable: str | None
    writes: tuple[dict[str, Any], ...]
    retries: int
    notes: tuple[str, ...]
    phase: str = "smoke"
    left_out: frozenset[str] = frozenset()
    course: tuple[Leg, ...] = ()
    regions: tuple[str, ...] = ()
    gap: str = ""
    signals: tuple[Signal, ...] = ()
    rounds: tuple[Round, ...] = ()


@dataclass(frozen=True)
class TestVerdict:
    """A test as the verdict lists it below its item."""

    __test__: ClassVar[bool] = False

    nodeid: str
    outcome: TestOutcome
    message: str
    visits: tuple[Visited, ...] = ()
    region: str = ""


@dataclass(frozen=True)
class ItemVerdict:
    """A checklist item's end.

    `known_issue`: the tickets that cover all its failures, which then don't decide; else None.
    `open`: something that is required of it was not proven. `complete`: all its checks were selected.
    `attestations`: those that count here, whether or not the item needs one. `regions`: what it came to in each, by
    name; empty unless several are judged together.
    """

    id: str
    section: str
    title: str
    promise: str
    proof: str
    severity: Severity
    required: bool
    outcome: ItemOutcome
    reason: str
    known_issue: str | None
    open: bool
    complete: bool
    attestations: tuple[Attestation, ...]
    scenario: int
    tests: tuple[TestVerdict, ...]
    regions: dict[str, ItemOutcome] = field(default_factory=dict)

    @property
    def decides(self) -> bool:
        """Whether it alone makes the run NO-GO."""
        return self.outcome == "broken" and self.known_issue is None

    def to_json(self) -> dict[str, Any]:
        """JSON-ready, keys in this order."""
        return asdict(self) | {"attestations": [_signature(each) for each in self.attestations]}


def _signature(signed: Attestation) -> dict[str, str]:
    return {"by": signed.by, "at": signed.at.isoformat(), "note": signed.note}


@dataclass(frozen=True)
class Sign:
    """A symptom of a scenario, and whether this run saw it, `because` these items are broken.

    "not looked at": no item that would show it was judged, or only people can see it.
    """

    text: str
    state: SignState
    because: tuple[str, ...] = ()


@dataclass(frozen=True)
class RollbackAdvice:
    """A rollback scenario that applies, `because` these items are broken; `stop_purchases` may be empty.

    `stop_first`: something is given away, and nothing comes before stopping purchases.
    """

    scenario: int
    title: str
    because: tuple[str, ...]
    symptoms: tuple[Sign, ...]
    first_action: str
    steps: tuple[str, ...]
    escalate_to: tuple[str, ...]
    stop_purchases: tuple[str, ...]
    stop_first: bool = False


@dataclass(frozen=True)
class KnownIssueVerdict:
    """A known issue of this environment and how it stands; `tests`: the failed tests that it covers."""

    issue: KnownIssue
    state: IssueState
    tests: tuple[str, ...]

    @property
    def bad(self) -> bool:
        """Whether it makes the run NO-GO by itself."""
        return self.state in ("expired", "no longer fails")

    @property
    def remedy(self) -> str:
        """What the owner has to do now; empty when there is time."""
        return _REMEDIES.get(self.state, "")


@dataclass(frozen=True)
class Comparison:
    """What changed since the last whole run of the environment, whose decision, version and start come first.

    Ids of items: `newly_broken`: proven then; `still_broken`; `fixed`; `found_broken`: not proven then, or not on the
    checklist; `unsettled`: broken then, not proven now; `added` to and `removed` from the checklist since.
    """

    decision: Decision
    version: str | None
    started: datetime
    newly_broken: tuple[str, ...]
    still_broken: tuple[str, ...]
    fixed: tuple[str, ...]
    found_broken: tuple[str, ...]
    unsettled: tuple[str, ...]
    added: tuple[str, ...]
    removed: tuple[str, ...]


@dataclass(frozen=True)
class Verdict:
    """The answer. Every report renders this and adds nothing to it; docs/verdict.md documents the JSON."""

    decision: Decision
    summary: str
    environment: str
    phase: str
    base_url: str
    version: str | None
    partial: bool
    interrupted: bool
    unreachable: str | None
    started: datetime
    finished: datetime
    items: tuple[ItemVerdict, ...]
    rollback: tuple[RollbackAdvice, ...]
    known_issues: tuple[KnownIssueVerdict, ...]
    writes: tuple[dict[str, Any], ...]
    retries: int
    notes: tuple[str, ...]
    comparison: Comparison | None
    course: tuple[Leg, ...] = ()
    regions: tuple[str, ...] = ()
    gap: str = ""
    signals: tuple[Signal, ...] = ()
    rounds: tuple[Round, ...] = ()
    by_hand: tuple[Attestation, ...] = ()  # what was signed for beside the items

    @property
    def exit_code(self) -> int:
        """What pytest exits with: 0 GO or PARTIAL, 1 NO-GO, 10 INCONCLUSIVE, 11 UNREACHABLE."""
        return EXIT_CODES[self.decision]

    @property
    def place(self) -> str:
        """The environment, and the phase unless it is the usual one."""
        return self.environment if self.phase == "smoke" else f"{self.environment}, phase {self.phase}"

    @property
    def duration_s(self) -> float:
        """Wall time in seconds, to the millisecond."""
        return round((self.finished - self.started).total_seconds(), 3)

    def to_json(self) -> dict[str, Any]:
        """JSON-ready, keys always present and in this order."""
        return {
            "decision": self.decision,
            "exit_code": self.exit_code,
            "summary": self.summary,
            "environment": self.environment,
            "phase": self.phase,
            "base_url": self.base_url,
            "version": self.version,
            "started": self.started.isoformat(),
            "finished": self.finished.isoformat(),
            "duration_s": self.duration_s,
            "partial": self.partial,
            "interrupted": self.interrupted,
            "unreachable": self.unreachable,
            "items": [item.to_json() for item in self.items],
            "rollback": [asdict(advice) for advice in self.rollback],
            "known_issues": [
                {**known.issue.model_dump(mode="json"), "state": known.state, "tests": known.tests}
                for known in self.known_issues
            ],
            "writes": list(self.writes),
            "retries": self.retries,
            "notes": list(self.notes),
            "comparison": self.comparison
            and {**asdict(self.comparison), "started": self.comparison.started.isoformat()},
            "course": [asdict(leg) for leg in self.course],
            "regions": list(self.regions),
            "signals": [asdict(signal) for signal in self.signals],
            "by_hand": [{"item": each.item, **_signature(each)} for each in self.by_hand],
        }
