"""Who gets a connection next."""

import asyncio

from harness.evidence.exchange import breadth
from harness.target.slots import Slots


def order_of_service(*asking):
    """The names of those who ask for the only connection while it is lent, in the order they get it."""
    served = []

    async def ask(slots, name, beside):
        breadth.set(beside)
        connection = await slots.take()
        served.append(name)
        slots.give(connection)

    async def main():
        slots = Slots(lambda: "the only one", 1)
        lent = await slots.take()
        tasks = [asyncio.create_task(ask(slots, name, beside)) for name, beside in asking]
        await asyncio.sleep(0)
        slots.give(lent)
        await asyncio.gather(*tasks)

    asyncio.run(main())
    return served


def test_chains_come_before_matrices():
    assert order_of_service(("matrix", 120), ("pair", 2), ("chain", 1)) == ["chain", "pair", "matrix"]


def test_equals_are_served_in_turn():
    assert order_of_service(("first", 1), ("second", 1), ("third", 1)) == ["first", "second", "third"]


def test_connection_that_was_lent_to_a_cancelled_call_is_not_lost():
    async def main():
        slots = Slots(lambda: "the only one", 1)
        lent = await slots.take()
        gone = asyncio.create_task(slots.take())
        await asyncio.sleep(0)
        slots.give(lent)
        gone.cancel()
        await asyncio.gather(gone, return_exceptions=True)
        return await asyncio.wait_for(slots.take(), 1)

    assert asyncio.run(main()) == "the only one"
