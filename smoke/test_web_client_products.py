"""The paywall's products and prices are those of the current offering."""

from dataclasses import dataclass

from harness import checks, probe
from harness.web.offering import Card, differences
from harness.web.scene import Record


@dataclass(frozen=True, repr=False)
class Shown(Record):
    """The paywall, as a player without purchases sees it."""

    cards: tuple[Card, ...]
    blocked: list[str]


@probe
async def paywall(client, rival, offered):
    """The paywall's products, once all that are offered are there, or the time is over."""
    async with client.visit("products", rival) as visit:
        await visit.open("paywall")
        cards = await visit.cards(len(offered))
        await visit.look("paywall")
        return Shown(visit.scene, cards, visit.tape.blocked)


@checks("gates.paywall-products")
def test_paywall_shows_the_offering(paywall, offered, record_property):
    for request in paywall.blocked:
        record_property("note", f"a request of the web client was not let through: {request}")
    wrong = differences(paywall.cards, offered)
    assert wrong == [], "; ".join(wrong)
