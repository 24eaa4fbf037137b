"""Evidence that several sections judge."""

import asyncio
from dataclasses import dataclass

from harness import probe
from harness.evidence.exchange import Exchange
from harness.evidence.probe import together
from harness.target.api import UNKNOWN_PURCHASE
from harness.target.customers import Customer, in_days
from harness.target.players import Player
from harness.target.revenuecat import Receipt
from harness.target.webhooks import dashboard_test, encode, event


@probe
async def rival(players, cast):
    """Another player, whom no check changes either."""
    return await cast.player("other")


@probe
async def limits(players, cast):
    """A player with the longest name and the shortest password that are allowed; their sessions come and go."""
    return await cast.player("caller")


@probe
async def bystander(customers, cast):
    """A customer of whom forged, malformed and test events speak: none of them changes anything."""
    return await cast.customer("victim")


@probe
async def login(accounts, player):
    """A second session of a player."""
    return await accounts.login(player.username, player.password)


@probe
async def owner(owners):
    """A player who owns every hero's cinematics and the premium battle pass."""
    return await owners()


@dataclass(frozen=True)
class Growing:
    """Snapshots of a new player: before a purchase, after it, once more, and after its end."""

    customer: Customer
    before: Exchange
    bought: Exchange
    unchanged: Exchange
    ended: Exchange

    @property
    def versions(self):
        return [each.field("version") for each in (self.before, self.bought, self.unchanged, self.ended)]


@probe
async def growing(customers):
    """The first purchase of a player to whom nothing else happens meanwhile."""
    customer = await customers.new()
    before = await customer.snapshot()
    await customer.has("INITIAL_PURCHASE", "no_ads", expiration_at_ms=in_days(30))
    bought = await customer.until_owned("NO_ADS")
    unchanged = await customer.snapshot()
    await customer.has("EXPIRATION", "no_ads", expiration_at_ms=in_days(-0.001))
    return Growing(customer, before, bought, unchanged, await customer.until_lost("NO_ADS"))


@dataclass(frozen=True)
class Awaited:
    """The answer to a purchase of a player who did not exist yet, and that player, registered afterwards."""

    answer: Exchange
    customer: Customer


@probe
async def awaited(webhooks, players, customers):
    """It is Premium that was bought: checks of other entitlements go on with the same player."""
    username = players.name()
    answer = await webhooks.deliver(event("NON_RENEWING_PURCHASE", username, ("premium",)))
    return Awaited(answer, customers.of(await players.register(username)))


@dataclass(frozen=True)
class Sessions:
    """Two sessions of one player, of which the second logged out."""

    ended: Player
    living: Player
    before: Exchange
    logout: Exchange
    ended_after: Exchange
    living_after: Exchange


@probe
async def sessions(api, players, limits):
    """Log in a second time, log out that session, and verify both."""
    living = limits
    ended = await players.login(living.username, living.password)
    before = await api.verify(ended)
    logout = await api.logout(ended)
    return Sessions(ended, living, before, logout, await api.verify(ended), await api.verify(living))


@probe
async def dashboard_event(webhooks, bystander):
    """The dashboard's TEST event, attributed to a player; the event and its answer."""
    sent = dashboard_test(bystander.app_user_id)
    return sent, await webhooks.deliver(sent)


@probe
async def forged_event(webhooks, bystander):
    """A purchase whose credentials are those of another secret."""
    body = encode(bystander.event("INITIAL_PURCHASE", "premium"))
    credentials, body = webhooks.signer.forged("wrong-secret", body, bystander.player.token)
    return await webhooks.post(body, credentials)


@probe
async def unknown_receipt(api, players, verification, known_secrets):
    """A new player, and the verification of a purchase that RevenueCat has never heard of."""
    buyer = await players.register()
    receipt = f"receipt-{buyer.username}-never-issued"
    known_secrets.add(receipt, "receipt")
    return buyer, await api.verify_purchase(buyer, {**UNKNOWN_PURCHASE, "receipt_data": receipt})


@probe
async def refused_tokens(api, tokens, player, login):
    """The snapshot, asked for with tokens that were genuine until somebody changed them."""
    kinds = ("tampered-payload", "wrong-secret")
    return await together({kind: api.snapshot(tokens.headers(kind, player, login)) for kind in kinds})


@dataclass(frozen=True)
class Bought:
    """A valid purchase, verified again and again with one idempotency key, also by a thief of that key."""

    player: Player
    receipt: Receipt
    before: Exchange
    tried_by_thief: Exchange
    first: Exchange
    granted: Exchange
    gate: Exchange
    again: Exchange
    other_body: Exchange
    by_thief: Exchange
    thief: Exchange
    after: Exchange
    mixed: Exchange
    after_mixed: Exchange


@probe
async def bought(api, players, store, unknown_receipt):
    """A valid purchase through its whole verification, in the order of the fields of Bought."""
    buyer, (thief, _) = await players.register(), unknown_receipt
    receipt = await store.purchase(buyer)
    body = receipt.body(f"key-{buyer.username}")
    other_product = {"product_id": "starter_pack", "entitlement_key": "STARTER_PACK"}
    before, tried = await asyncio.gather(
        api.snapshot(buyer),
        api.verify_purchase(thief, {**body, "transaction_id": "never-bought"}),
    )
    first = await api.verify_purchase(buyer, body)
    granted, gate = await asyncio.gather(api.snapshot(buyer), api.cinematic_access(buyer))
    again, other, by_thief = await asyncio.gather(
        api.verify_purchase(buyer, body),
        api.verify_purchase(buyer, {**body, **other_product}),
        api.verify_purchase(thief, body),
    )
    thief_after, after = await asyncio.gather(api.snapshot(thief), api.snapshot(buyer))
    key = "PREMIUM" if receipt.entitlement_key != "PREMIUM" else "NO_ADS"
    mixed = await api.verify_purchase(
        buyer, {**receipt.body(f"mix-{buyer.username}"), "entitlement_key": key}
    )
    again_and_others = again, other, by_thief, thief_after, after
    return Bought(
        buyer,
        receipt,
        before,
        tried,
        first,
        granted,
        gate,
        *again_and_others,
        mixed,
        await api.snapshot(buyer),
    )
