"""Evidence that several sections judge."""

import asyncio
from dataclasses import dataclass

from harness import probe
from harness.evidence.exchange import Exchange
from harness.evidence.probe import together
from harness.target.api import UNKNOWN_PURCHASE
from harness.target.players import Player
from harness.target.revenuecat import Receipt
from harness.target.webhooks import dashboard_test, encode, event


@probe
async def rival(players):
    """Another player, whom no check changes either."""
    return await players.register()


@probe
async def login(accounts, player):
    """A second session of a player."""
    return await accounts.login(player.username, player.password)


@probe
async def owner(owners):
    """A player who owns every hero's cinematics and the premium battle pass."""
    return await owners()


@dataclass(frozen=True)
class Sessions:
    """Two sessions of one player, of which the first logged out."""

    ended: Player
    living: Player
    before: Exchange
    logout: Exchange
    ended_after: Exchange
    living_after: Exchange


@probe
async def sessions(api, players):
    """Register, log in a second time, log out the first session, and verify both."""
    ended = await players.register()
    living = await players.login(ended.username, ended.password)
    before = await api.verify(ended)
    logout = await api.logout(ended)
    return Sessions(ended, living, before, logout, await api.verify(ended), await api.verify(living))


@probe
async def dashboard_event(webhooks, customers):
    """The dashboard's TEST event, attributed to a new player; (event, answer, customer)."""
    customer = await customers.new()
    sent = dashboard_test(customer.app_user_id)
    return sent, await webhooks.deliver(sent), customer


@probe
async def forged_event(webhooks, rival):
    """A purchase whose credentials are those of another secret."""
    body = encode(event("INITIAL_PURCHASE", rival.username, ("premium",)))
    credentials, body = webhooks.signer.forged("wrong-secret", body, rival.token)
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
async def bought(api, players, store):
    """A valid purchase through its whole verification, in the order of the fields of Bought."""
    buyer, thief = await asyncio.gather(players.register(), players.register())
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
