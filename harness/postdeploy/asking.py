"""What a service answered that is asked about the release: a blip is not proven, a wrong key or place is a failure."""

from collections.abc import Awaitable

from harness.errors import NoAnswer, PromiseBroken, Unprovable
from harness.evidence.exchange import Exchange


async def answered(call: Awaitable[Exchange], service: str, keys: str) -> Exchange:
    """The answer if it is a 200. `keys`: of the environment file, that are to be mended where it is a refusal.

    Raises Unprovable where the service gave no answer or has trouble of its own: that says nothing of the release.
    """
    try:
        exchange = await call
    except NoAnswer as error:
        raise Unprovable(f"{service} gave no answer ({error})", "run again") from None
    status = exchange.response.status_code
    if status >= 500:
        raise Unprovable(f"{service} answered {status}", "run again")
    if status != 200:
        raise PromiseBroken(f"{service} answered {status}; mend {keys}", exchange)
    return exchange
