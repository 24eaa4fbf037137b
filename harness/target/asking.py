"""What a service answered that is asked about the release.

One that cannot be read, be it for a blip, a wrong key or a wrong place, proves nothing: a verifier that is badly set up
is no reason to go back to the last release.
"""

from collections.abc import Awaitable
from typing import Any

from harness.errors import NoAnswer, PromiseBroken, Unprovable
from harness.evidence.exchange import Exchange


async def answered(call: Awaitable[Exchange], service: str, keys: str) -> Exchange:
    """The answer if it is a 200. `keys`: of the environment file, that are to be mended where it is a refusal.

    Raises Unprovable where it is none, or there is no answer.
    """
    try:
        exchange = await call
    except NoAnswer as error:
        raise Unprovable(f"{service} gave no answer ({error})", "run again") from None
    status = exchange.response.status_code
    if status >= 500:
        raise Unprovable(f"{service} answered {status}", "run again")
    if status != 200:
        raise Unprovable(f"{service} answered {status}", f"mend {keys}")
    return exchange


def body(exchange: Exchange, service: str, keys: str) -> Any:
    """The JSON of an answer; raises Unprovable where it is none."""
    try:
        return exchange.json
    except PromiseBroken as error:
        raise Unprovable(f"{service}'s answer cannot be read ({error})", f"mend {keys}") from None
