"""Made-up requests sent, and what came back."""

import asyncio
import json
import math
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any, Literal

from harness.contract import judging
from harness.contract.budget import READ_ONLY_EXAMPLES, Budget
from harness.contract.cast import Roles, Scene
from harness.contract.document import Operation, operations
from harness.contract.generating import invalid, spread, valid
from harness.contract.written import Request
from harness.errors import Gone, PromiseBroken, Unprovable
from harness.evidence.exchange import Exchange
from harness.evidence.ledger import Ledger
from harness.evidence.probe import together
from harness.evidence.secrets import Secrets
from harness.target.api import SIMULATED, Api
from harness.target.customers import HERO_KEY, owned
from harness.target.players import Player
from harness.target.webhooks import Webhooks

Kind = Literal["valid", "invalid"]
# Requests of an operation: each registration makes an account, logout is throttled, simulations are all refused.
MOST: dict[Kind, dict[str, int]] = {
    "valid": {"register": 16, "logout": 1},
    "invalid": dict.fromkeys(SIMULATED, 12),
}
LARGEST = 10_000  # requests of any other operation
AT_ONCE = 64  # requests of all operations; the others wait, and are kept back once the time is over
AGAIN = 12  # examples of an operation that are sent once more, without a token
ALWAYS = 5  # requests of an operation that are sent however late it is
SHOWN = 5  # departures that a failure lists
OWNED_GATES = ("cinematic_access", "cinematic_url")  # where owners see more
GRANTING = ("verify_purchase", "webhook", *SIMULATED)  # whose invalid requests might grant something


@dataclass(frozen=True)
class Sent:
    """A made-up request, and its answer; `leaks`: what the answer shows to nobody else."""

    request: Request
    exchange: Exchange
    leaks: list[str]


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


@dataclass(frozen=True)
class Fuzzed:
    """What became of the made-up requests of one operation.

    `again`: some of them, sent once more without a token. `after`: what the player then saw whom they were about,
    where they might have granted.
    """

    operation: Operation
    budget: Budget
    first: Outcome
    again: Outcome
    after: Exchange | None

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
        return [self.budget.note, *[short] * bool(self.unsent)]

    def departures(self) -> list[str]:
        """How answers to valid requests depart from the contract; reads the answers that it names."""
        return self._told(lambda each: judging.departures(self.operation, each.exchange))

    def mishaps(self) -> list[str]:
        """What invalid requests should not have done; reads the answers that it names."""

        def judge(each: Sent) -> list[str]:
            accepted = each.exchange.response.status_code < 400
            wrong = accepted and judging.must_be_refused(self.operation, each.request)
            return [
                *judging.crash(self.operation, each.exchange),
                *["invalid, and not refused"] * wrong,
                *judging.shapeless(each.exchange, each.request),
            ]

        return self._told(judge)

    def gained(self) -> set[str]:
        """What the player owns whom invalid requests were about."""
        keys = owned(self.after) if self.after is not None else set()
        return {key for key in keys if not key.startswith(f"{HERO_KEY}settled_")}

    def _told(self, judge: Callable[[Sent], list[str]]) -> list[str]:
        """Each departure once, with the shortest request that shows it."""
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
        return [*found, self.budget.note] if found else []


class Fuzzing:
    """Sends made-up requests with the players of this run."""

    def __init__(
        self,
        api: Api,
        roles: Roles,
        webhooks: Callable[[], Webhooks],
        secrets: Secrets,
        ledger: Ledger,
        budget: Budget,
        *,
        writes: bool,
    ) -> None:
        self._api, self._roles, self._webhooks = api, roles, webhooks
        self._secrets, self._ledger = secrets, ledger
        self._budget, self._writes = budget, writes
        self._over: dict[Kind, float] = {}
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def send(self, kind: Kind, label: str) -> Fuzzed:
        """Requests of one operation, and their answers; raises Unprovable where none could be sent."""
        operation = operations()[label]
        over = self._over.setdefault(kind, monotonic() + self._budget.seconds)
        requests = await self._made_up(kind, operation)
        calls = {
            # The first few always: on a slow machine, too, every operation is tried.
            number: self._in_time(
                over if number >= ALWAYS else math.inf, self._call(operation, request, number, kind)
            )
            for number, request in enumerate(requests)
        }
        first = (await self._all(calls)).some()
        examples = [each for each in requests if each.origin == "example"]
        some = spread(examples, AGAIN) if operation.secured and kind == "valid" else []
        again = await self._all(
            {
                number: self._call(operation, request, number, kind, anonymous=True)
                for number, request in enumerate(some)
            }
        )
        after = kind == "invalid" and operation.name in GRANTING
        return Fuzzed(
            operation,
            self._budget,
            first,
            again,
            await self._after(operation) if after else None,
        )

    async def _made_up(self, kind: Kind, operation: Operation) -> list[Request]:
        make = valid if kind == "valid" else invalid
        examples = self._budget.examples if self._writes else min(self._budget.examples, READ_ONLY_EXAMPLES)
        # In a thread: it takes long enough to keep the target waiting.
        requests = await asyncio.to_thread(make, operation, self._budget.seed, examples)
        return spread(requests, MOST[kind].get(operation.name, LARGEST))

    async def _call(
        self, operation: Operation, request: Request, number: int, kind: Kind, anonymous: bool = False
    ) -> Sent:
        by = None if anonymous else await self._credentials(operation, number)
        scene = await self._scene(operation, request, number, kind)
        body = scene.body(operation, request, self._roles.players.name)
        if operation.name == "register" and body is not request.body:
            self._ledger.record("account", username=body["username"])
        content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        if operation.name == "webhook":
            exchange = await self._webhooks().post(content or b"")
        else:
            exchange = await self._api.call(
                operation.name,
                operation.method,
                by=by,
                content=content,
                harmless=operation.name == "login" and self._writes,
                path=scene.path(request),
            )
        return Sent(request, exchange, self._leaks(exchange, by))

    async def _scene(self, operation: Operation, request: Request, number: int, kind: Kind) -> Scene:
        whose, customer = None, ""
        if "username" in request.path or operation.name == "login":
            whose = await self._roles.player("other" if number % 3 == 2 else "caller")
        if operation.name == "webhook":
            # Whom a request may legally change is another one than whom it may not.
            refused = judging.must_be_refused(operation, request)
            customer = (await self._roles.customer("victim" if refused else "customer")).app_user_id
        return Scene(whose, customer, signs_in=kind == "valid" and number % 2 == 0)

    async def _credentials(self, operation: Operation, number: int) -> Player | None:
        if not operation.secured and not (operation.name in SIMULATED and number % 2):
            return None  # a simulated purchase is refused whoever asks
        if operation.name == "logout":
            return await self._roles.session()
        if operation.name in OWNED_GATES and number % 2:
            try:
                return await self._roles.player("owner")
            except (Unprovable, PromiseBroken):  # then a player who owns nothing has to do
                pass
        return await self._roles.player("caller")

    async def _after(self, operation: Operation) -> Exchange:
        if operation.name == "webhook":
            return await (await self._roles.customer("victim")).settled()
        return await self._api.snapshot(await self._roles.player("caller"))

    async def _in_time(self, over: float, call: Coroutine[Any, Any, Sent]) -> Sent:
        try:
            async with self._turns:
                if monotonic() > over:
                    raise Unprovable("the time for fuzzing was over", "give it more with --fuzz-seconds")
                return await call
        finally:
            call.close()  # it may not have begun

    async def _all(self, calls: Mapping[int, Coroutine[Any, Any, Sent]]) -> Outcome:
        """What became of the calls."""
        cases, outcome = await together(calls), Outcome([], [], [])
        for number in cases:
            try:
                outcome.answered.append(cases[number])
            except PromiseBroken as error:
                if error.owner is not None:  # not this answer: what the request needed could not be had
                    raise
                outcome.unanswered.append(error)
            except Gone:
                raise  # one of these requests may have done it
            except Unprovable as error:
                outcome.kept_back.append(error)
        return outcome

    def _leaks(self, exchange: Exchange, by: Player | None) -> list[str]:
        known = {entry["username"] for entry in self._ledger.entries if entry["kind"] == "account"}
        sent = exchange.sent_body.decode("utf-8", "replace")
        # "Adam" and "adam" are one name (contract, section 2): a target may answer with the other spelling.
        asked = f"{exchange.url} {sent} {by.username if by else ''}".lower()
        strangers = {name for name in known if name.lower() not in asked}
        return judging.leaks(exchange, self._secrets.found_in, strangers)
