"""The 24 checks with this project's harness: those of what is owned, bought and reported."""

import asyncio

from harness import checks, probe
from harness.evidence.probe import together
from harness.target.api import UNKNOWN_PURCHASE
from harness.target.customers import entitlement
from harness.target.webhooks import dashboard_test, encode, event

REFUSED = (400, 401, 402, 403, 404, 409, 422)


@probe
async def health(api):
    """Health, asked without credentials."""
    return await api.health()


@probe
async def features(api):
    """The feature flags."""
    return await api.features()


@probe
async def snapshot(api, player):
    """What a player owns."""
    return await api.snapshot(player)


@probe
async def closed_gate(api, player):
    """Cinematics, asked for by a player who owns none."""
    return await together({"access": api.cinematic_access(player), "url": api.cinematic_url(player)})


@probe
async def gate_without_token(api):
    """Cinematics, asked for without a token."""
    return await api.cinematic_access(None)


@probe
async def claims(api, player):
    """Both tracks of the battle pass, claimed by a player who owns nothing."""
    return await together({track: api.claim(player, player.username, track) for track in ("free", "premium")})


@probe
async def buyer(customers):
    """A player who is going to buy."""
    return await customers.new()


@probe
async def foreign_claim(api, player, buyer):
    """A claim from somebody else's battle pass."""
    return await api.claim(player, buyer.player.username, "free")


@probe
async def forged_webhooks(api):
    """A purchase without credentials, and with wrong ones."""
    body = encode(event("NON_RENEWING_PURCHASE", "smoke_nobody", ("premium_cinematics",)))
    return await together(
        {"none": api.webhook(body, {}), "wrong": api.webhook(body, {"Authorization": "wrong-secret"})}
    )


@probe
async def dashboard_event(webhooks):
    """The dashboard's TEST event."""
    return await webhooks.deliver(dashboard_test("smoke_nobody"))


@probe
async def malformed_webhook(webhooks):
    """A delivery that is no JSON, with good credentials."""
    return await webhooks.post(b'{"event": {')


@probe
async def purchase(api, buyer):
    """A reported purchase, and what it opens."""
    sent = buyer.event("NON_RENEWING_PURCHASE", "premium_cinematics")
    delivered = await buyer.deliver(sent)
    opened = await together(
        {
            "snapshot": buyer.snapshot(),
            "access": api.cinematic_access(buyer.player),
            "url": api.cinematic_url(buyer.player),
        }
    )
    return sent, delivered, opened


@probe
async def duplicate(buyer, purchase):
    """The same event once more, and the snapshot afterwards."""
    return await buyer.deliver(purchase[0]), await buyer.snapshot()


@probe
async def unknown_purchase(api, player, snapshot, verification):
    """The verification of a purchase that RevenueCat has never heard of, and the snapshot afterwards."""
    return await api.verify_purchase(player, UNKNOWN_PURCHASE), await api.snapshot(player)


@probe
async def purchase_without_token(api, verification):
    """A verification without a token."""
    return await api.verify_purchase(None, UNKNOWN_PURCHASE)


@probe
async def simulated_purchases(api, player):
    """Two of the purchase routes that exist for development only."""
    names = ("vip_purchase", "crystals_purchase")
    calls = (api.simulated_purchase(name, player, player.username) for name in names)
    return await asyncio.gather(*calls)


@checks("health.basic")
def test_health(health):
    assert health.status == 200
    assert health.field("status") == "healthy"
    assert health.field("server_dev_mode") is False


@checks("operations.release-mode")
def test_features(features):
    assert features.status == 200
    assert features.field("flags", "PURCHASES_ENABLED") is True


@checks("entitlements.snapshot")
def test_snapshot(snapshot, player):
    assert snapshot.status == 200
    assert snapshot.field("username") == player.username
    assert 30 <= snapshot.field("ttl_seconds") <= 3600
    assert entitlement(snapshot, "PREMIUM")["status"] == "not_owned"


@checks("gates.enforced")
def test_closed_gate(closed_gate):
    assert [answer.status for answer in closed_gate.values()] == [403, 403]
    assert "video_url" not in closed_gate["url"].json


@checks("gates.enforced")
def test_gate_without_token(gate_without_token):
    assert gate_without_token.status == 401


@checks("gates.enforced")
def test_claims(claims):
    assert claims["free"].status == 200
    assert claims["premium"].status == 403


@checks("gates.enforced")
def test_foreign_claim(foreign_claim):
    assert foreign_claim.status in (401, 403, 404)


@checks("webhooks.signature")
def test_forged_webhooks(forged_webhooks):
    assert all(answer.status in (401, 403) for answer in forged_webhooks.values())


@checks("webhooks.delivered")
def test_dashboard_test(dashboard_event):
    assert dashboard_event.status == 200


@checks("webhooks.delivered")
def test_malformed_webhook(malformed_webhook):
    assert 400 <= malformed_webhook.status < 500


@checks("webhooks.lifecycle")
def test_purchase_opens(purchase):
    _, delivered, opened = purchase
    assert delivered.status == 200
    assert entitlement(opened["snapshot"], "PREMIUM_CINEMATICS_PACK")["status"] == "owned"
    assert (opened["access"].status, opened["url"].status) == (200, 200)
    assert opened["url"].field("video_url")


@checks("webhooks.idempotent")
def test_duplicate_counts_once(purchase, duplicate):
    again, after = duplicate
    assert again.status == 200
    assert after.field("version") == purchase[2]["snapshot"].field("version")


@checks("purchases.invalid-refused")
def test_unknown_purchase(snapshot, unknown_purchase):
    answer, after = unknown_purchase
    assert answer.status in REFUSED or answer.field("success") is False
    assert after.field("version") == snapshot.field("version")


@checks("purchases.invalid-refused")
def test_purchase_without_token(purchase_without_token):
    assert purchase_without_token.status == 401


@checks("operations.simulated-purchases-off")
def test_simulated_purchases(simulated_purchases):
    assert [answer.status for answer in simulated_purchases] == [403, 403]
