"""Made-up requests sent, and what came back."""

import asyncio
import json
import math
from collections.abc import Callable, Coroutine, Iterable, Mapping
from time import monotonic
from typing import Any

from harness.contract import judging
from harness.contract.budget import READ_ONLY_EXAMPLES, Budget
from harness.contract.cast import Scene
from harness.contract.document import Operation, operations
from harness.contract.fuzzed import Fuzzed, Outcome, Sent
from harness.contract.making import Kind, Maker
from harness.contract.written import Request, spread
from harness.errors import Gone, PromiseBroken, Unprovable
from harness.evidence.exchange import Exchange
from harness.evidence.ledger import Ledger
from harness.evidence.probe import together
from harness.evidence.secrets import Secrets
from harness.target.api import SIMULATED, Api
from harness.target.players import Player
from harness.target.roles import Roles
from harness.target.webhooks import Webhooks

# Requests of an operation: logout is throttled, simulations are all refused.
MOST: dict[Kind, dict[str, int]] = {
    "valid": {"logout": 1},
    "invalid": dict.fromkeys(SIMULATED, 12),
}
ALL_AT_ONCE = 1  # the place of the example that registers with all that names and passwords may hold
LARGEST = 10_000  # requests of any other operation
AT_ONCE = 64  # requests of all operations; the others wait, and are kept back once the time is over
AGAIN = 12  # examples of an operation that are sent once more, without a token
ALWAYS = 5  # requests of an operation that are sent however late it is
OWNED_GATES = ("cinematic_access", "cinematic_url")  # where owners see more
# Whose examples are accepted, whatever else the deployment may refuse: with a new name, of a player it knows.
ACCEPTED = ("register", "webhook")
HASHABLE = 72  # bytes of a password: bcrypt takes no more, and who hashes with it may refuse a longer one
GRANTING = ("verify_purchase", "webhook", *SIMULATED)  # whose invalid requests might grant something


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
        maker: Maker,
        *,
        writes: bool,
    ) -> None:
        self._api, self._roles, self._webhooks = api, roles, webhooks
        self._secrets, self._ledger = secrets, ledger
        self._budget, self._maker, self._writes = budget, maker, writes
        self._over: dict[Kind, float] = {}
        self._short: dict[str, list[str]] = {}  # by operation: what could not be tried
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def send(self, kind: Kind, label: str) -> Fuzzed:
        """Requests of one operation, and their answers; raises Unprovable where none could be sent."""
        operation = operations()[label]
        over = self._over.setdefault(kind, monotonic() + self._budget.seconds)
        requests = await self._made_up(kind, operation)
        # A few always, from all over the list: on a slow machine, too, every operation is tried.
        always = {number * len(requests) // ALWAYS for number in range(ALWAYS)}

        async def all_of(some: Iterable[Request], *, anonymous: bool = False) -> Outcome:
            calls = {
                number: self._in_time(
                    math.inf if number in always else over,
                    self._call(operation, request, number, kind, anonymous=anonymous),
                )
                for number, request in enumerate(some)
            }
            return await self._all(calls)

        first = (await all_of(requests)).some()
        again = Outcome([], [], [])
        if kind == "valid" and operation.name == "register":
            again = await self._entered(first)
        elif kind == "valid" and operation.secured:
            examples = [each for each in requests if each.origin == "example"]
            again = await all_of(spread(examples, AGAIN), anonymous=True)
        after = kind == "invalid" and operation.name in GRANTING
        return Fuzzed(
            operation,
            self._budget,
            first,
            again,
            await self._after(operation) if after else None,
            self._short.get(operation.name, []),
        )

    async def _entered(self, registered: Outcome) -> Outcome:
        """Logins of the new players, as they registered."""
        login = next(each for each in operations().values() if each.name == "login")
        new = [each for each in registered.answered if each.exchange.response.status_code in (200, 201)]

        async def enter(player: Sent) -> Sent:
            body = player.exchange.sent_body
            exchange = await self._api.call("login", "POST", content=body, harmless=self._writes)
            return Sent(login, player.request, exchange, self._leaks(exchange), must=True)

        return await self._all({number: enter(each) for number, each in enumerate(new)})

    async def _made_up(self, kind: Kind, operation: Operation) -> list[Request]:
        examples = self._budget.examples if self._writes else min(self._budget.examples, READ_ONLY_EXAMPLES)
        requests = await self._maker.made_up(kind, operation, self._budget.seed, examples)
        if operation.name == "register":  # each may make an account
            return (
                [requests[ALL_AT_ONCE], requests[-1]]
                if kind == "valid"
                else self._refused(operation, requests)
            )
        return spread(requests, MOST[kind].get(operation.name, LARGEST))

    def _refused(self, operation: Operation, requests: list[Request]) -> list[Request]:
        """Without the registrations that a target may take although they break the schema, but for one of them."""
        taken = [each for each in requests if judging.may_register(operation, each)]
        left = [each for each in requests if each not in taken]
        return [*left, *taken[self._budget.seed % max(1, len(taken)) :][:1]]

    async def _call(
        self, operation: Operation, request: Request, number: int, kind: Kind, anonymous: bool = False
    ) -> Sent:
        by = None if anonymous else await self._credentials(operation, number)
        scene, known = await self._scene(operation, request, number, kind)
        body = scene.body(operation, request, self._roles.players.name)
        if operation.name == "register" and judging.may_register(operation, request):
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
        accepted = operation.name in ACCEPTED and request.origin == "example" and _hashable(body)
        signs_in = scene.signs_in and body is not request.body
        must = kind == "valid" and (accepted or signs_in)
        return Sent(operation, request, exchange, self._leaks(exchange, by, *known), must)

    async def _scene(
        self, operation: Operation, request: Request, number: int, kind: Kind
    ) -> tuple[Scene, list[Player]]:
        """Whom the request is about, and whom the answer may name."""
        whose, customer, known = None, "", list[Player]()
        if "username" in request.path or operation.name == "login":
            whose = await self._roles.player("other" if number % 3 == 2 else "caller")
            known = [whose]
        if operation.name == "webhook":
            # Whom a request may legally change is another one than whom it may not.
            wrong = judging.wrong_with(operation, request)
            buyer = await self._roles.customer("victim" if wrong else "customer")
            customer, known = buyer.app_user_id, [buyer.player]
        signs_in = operation.name == "login" and kind == "valid" and number % 2 == 0
        return Scene(whose, customer, signs_in), known

    async def _credentials(self, operation: Operation, number: int) -> Player | None:
        if not operation.secured and not (operation.name in SIMULATED and number % 2):
            return None  # a simulated purchase is refused whoever asks
        if operation.name == "logout":
            return await self._roles.session()
        if operation.name in OWNED_GATES and number % 2:
            try:
                return await self._roles.player("owner")
            except (Unprovable, PromiseBroken) as reason:  # then a player who owns nothing has to do
                self._short[operation.name] = [
                    f"what owners get from {operation.label} was not seen: {reason}"
                ]
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

    def _leaks(self, exchange: Exchange, *known_to_caller: Player | None) -> list[str]:
        sent = exchange.sent_body.decode("utf-8", "replace")
        # "Adam" and "adam" are one name (contract, section 2): a target may answer with the other spelling.
        names = [player.username for player in known_to_caller if player]
        asked = " ".join([str(exchange.url), sent, *names]).lower()
        strangers = {name for name in self._ledger.accounts if name.lower() not in asked}
        return judging.leaks(exchange, self._secrets.found_in, strangers)


def _hashable(body: Any) -> bool:
    """Whether a body holds no password that is too long for some way to hash it."""
    password = body.get("password", "") if isinstance(body, dict) else ""
    return not isinstance(password, str) or len(password.encode("utf-8", "replace")) <= HASHABLE
