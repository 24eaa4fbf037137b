"""What became of made-up requests, held to the contract."""

from collections.abc import Callable
from dataclasses import dataclass, field

from harness.contract import judging
from harness.contract.budget import Budget
from harness.contract.conforming import departures
from harness.contract.document import Operation
from harness.contract.written import Request
from harness.errors import PromiseBroken, Unprovable
from harness.evidence.exchange import Exchange
from harness.target.customers import HERO_KEY, owned

# Refusals of what must be accepted that say nothing of it: any call may be throttled (contract, section 1), and
# whether RevenueCat's credentials are taken is for the checks of webhooks.
OTHERWISE = {"webhook": (401, 403, 429)}
THROTTLED = (429,)
SHOWN = 5  # departures that a failure lists


@dataclass(frozen=True)
class Sent:
    """A made-up request, and its answer.

    `leaks`: what the answer shows to nobody else; `must`: whether the contract promises that it is accepted.
    """

    operation: Operation
    request: Request
    exchange: Exchange
    leaks: list[str]
    must: bool = False


@dataclass(frozen=True)
class Outcome:
    """Answers, requests that got none, and why others were kept back: the budget, a throttle, the fence."""

    answered: list[Sent]
    unanswered: list[PromiseBroken]
    kept_back: list[Unprovable]

    def some(self) -> "Outcome":
        """Itself; raises Unprovable where every single request was kept back."""
        if self.kept_back and not self.answered and not self.unanswered:
            raise self.kept_back[-1]
        return self

    def check_most(self) -> None:
        """Raises Unprovable where more requests were kept back than sent."""
        if len(self.kept_back) > len(self.answered) + len(self.unanswered):
            raise self.kept_back[-1]


@dataclass(frozen=True)
class Fuzzed:
    """What became of the made-up requests of one operation.

    `again`: some of them, sent once more without a token; of registrations: logins with the same name and password.
    `after`: what the player then saw whom they were about, where they might have granted. `short`: what could not be
    tried, in words for a report.
    """

    operation: Operation
    budget: Budget
    first: Outcome
    again: Outcome
    after: Exchange | None
    short: list[str] = field(default_factory=list)

    @property
    def unsent(self) -> int:
        """How many the budget or a throttle kept back."""
        return len(self.first.kept_back) + len(self.again.kept_back)

    @property
    def tokenless(self) -> list[Exchange]:
        """The answers to requests without a token; raises Unprovable where none could be sent."""
        return [each.exchange for each in self.again.some().answered]

    @property
    def notes(self) -> list[str]:
        """What the report should say although all is well."""
        short = f"{self.unsent} requests to {self.operation.label} were not sent: time or a throttle kept them back"
        return [self.budget.note, *[short] * bool(self.unsent), *self.short]

    def departures(self) -> list[str]:
        """How answers to valid requests depart from the contract; reads the answers that it names."""

        def judge(each: Sent) -> list[str]:
            status = each.exchange.response.status_code
            fine = 200 <= status < 300 or status in OTHERWISE.get(each.operation.name, THROTTLED)
            return [
                *departures(each.operation, each.exchange),
                *["valid, and refused"] * (each.must and not fine),
                *judging.mistaken(each.request, each.exchange),
            ]

        return self._told(judge)

    def mishaps(self) -> list[str]:
        """What invalid requests should not have done; reads the answers that it names."""

        def judge(each: Sent) -> list[str]:
            # A crash is no refusal either, and need not be told twice.
            wrong = judging.crash(each.operation, each.exchange) or judging.not_refused(
                each.operation, each.request, each.exchange
            )
            return [*wrong, *judging.shapeless(each.exchange, each.request)]

        return self._told(judge)

    def gained(self) -> set[str]:
        """What the player owns whom invalid requests were about."""
        keys = owned(self.after) if self.after is not None else set()
        return {key for key in keys if not key.startswith(f"{HERO_KEY}settled_")}

    def _told(self, judge: Callable[[Sent], list[str]]) -> list[str]:
        """Each departure once, with the shortest request that shows it.

        Raises Unprovable where there is none, but more requests were kept back than sent.
        """
        told: dict[str, str] = {}
        answered = [*self.first.answered, *self.again.answered]
        for each in sorted(answered, key=lambda each: len(each.exchange.sent_body)):
            for departure in [*judge(each), *each.leaks]:
                if departure not in told and len(told) < SHOWN:
                    # To read the status is what makes the exchange evidence.
                    told[departure] = f"{each.exchange.title}: {departure}"
                    _ = each.exchange.status
        unanswered = [*self.first.unanswered, *self.again.unanswered]
        found = [*map(str, unanswered[:SHOWN]), *told.values()]
        if not found:
            self.first.check_most()
        return [*found, self.budget.note] if found else []
