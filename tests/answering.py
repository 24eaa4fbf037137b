"""A small backend that can be told what to say, and the way to send it made-up requests."""

from collections.abc import Callable
from typing import Any

from backend import Backend

from harness.contract.budget import Budget
from harness.contract.document import Operation
from harness.contract.fuzzing import Fuzzed, Fuzzing
from harness.contract.making import Kind, Maker, prepare
from harness.contract.written import Request
from harness.evidence.secrets import Secrets
from harness.target.customers import Customers
from harness.target.players import Players
from harness.target.roles import Roles
from harness.target.webhooks import Signer, Webhooks

SEED = 5
ACCESS = "GET /api/hero/{hero_id}/cinematic/access"
CLAIM = "POST /api/battle-pass/{username}/claim/{track}/{level}"
ORDER, WEBHOOK = "POST /api/purchases/verify", "POST /api/webhooks/revenuecat"
REGISTER, LOGIN, LOGOUT = "POST /api/user/register", "POST /api/auth/login", "POST /api/auth/logout"
SNAPSHOT, VIP = "GET /api/entitlements/snapshot", "POST /api/vip/purchase"
PROVIDED = {"NAME": "jo", "WORD": "jo-password"}
READ_ONLY = {
    "access": {"writes": False},
    "accounts": {"mode": "provided", "username_env": "NAME", "password_env": "WORD"},
}
THROTTLED = b"HTTP/1.1 429 X\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n"


class Answering(Backend):
    """Keeps what came in `seen`; `say` answers first, and the backend where it says None."""

    def __init__(self, say: Callable[[Any], Any] = lambda request: None) -> None:
        super().__init__()
        self.say, self.seen = say, list[Any]()
        self.passwords["jo"] = "jo-password"

    async def __call__(self, request: Any) -> Any:
        self.seen.append(request)
        try:
            return self.say(request) or await super().__call__(request)
        except (TypeError, KeyError, ValueError, AttributeError):  # a bad body
            return 422, {"detail": "bad"}

    def sent(self, path: str) -> list[Any]:
        """The requests whose path begins so."""
        return [request for request in self.seen if request.target.startswith(path)]


class Here(Maker):
    """Makes requests up in this process, which remembers them."""

    async def made_up(self, kind: Kind, operation: Operation, seed: int, examples: int) -> list[Request]:
        prepare(kind, operation, seed, examples)
        return await super().made_up(kind, operation, seed, examples)


def send(
    meet: Any,
    make_environment: Any,
    backend: Answering,
    kind: Any,
    *labels: str,
    seconds: float = 60,
    examples: int = 3,
    **sections: Any,
) -> tuple[list[Fuzzed], list[dict[str, Any]]]:
    """What became of made-up requests of each operation, one after the other, and the ledger's entries."""

    async def work(meeting: Any) -> Any:
        known, environment = Secrets(), make_environment(PROVIDED, **sections)
        settings = environment.file.webhook.model_copy(update={"settles_within_s": 0.05})
        players = Players(environment, meeting.api, known, meeting.ledger)
        webhooks = Webhooks(meeting.api, Signer(settings, "secret", known), settings, meeting.ledger)
        customers = Customers(players, meeting.api, webhooks, settings)
        fuzzing = Fuzzing(
            meeting.api,
            Roles(players, customers.owner, customers.new),
            lambda: webhooks,
            known,
            meeting.ledger,
            Budget(SEED, examples, seconds),
            Here(),
            writes=environment.file.access.writes,
        )
        return [await fuzzing.send(kind, label) for label in labels], meeting.ledger.entries

    return meet(backend, work, **sections)
