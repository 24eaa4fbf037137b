"""Premium gates: open for owners, closed for everybody else."""

import asyncio
import json
from dataclasses import dataclass

import pytest

from harness import checks, probe
from harness.evidence.exchange import Exchange
from harness.evidence.probe import together
from harness.target.customers import HERO_KEY, in_days, owned

BAD_HEROES = {
    "too-long": "a" * 65,
    "space": "two words",
    "markup": "<script>",
    "not-ascii": "h\u00e9ros",
    "operator": "$ne",
    "dots": "..",
}
BAD_CLAIMS = {"track": ("gold", "1"), "word-for-level": ("free", "one"), "negative-level": ("free", "-1")}
PACK = "PREMIUM_CINEMATICS_PACK"


@dataclass(frozen=True)
class View:
    """What a player sees at one moment: the snapshot, and the two cinematic gates of a hero."""

    snapshot: Exchange
    access: Exchange
    url: Exchange


@dataclass(frozen=True)
class Life:
    """A purchase's life at the gates of a hero: before it, while owned, and after its end; and at another hero's
    gates while owned."""

    before: View
    during: View
    elsewhere: View
    after: View


async def view(api, customer, hero, snapshot=None):
    """A player's view, with a snapshot taken earlier if there is one."""
    snapshot = snapshot or await customer.snapshot()
    player = customer.player
    gates = await asyncio.gather(api.cinematic_access(player, hero), api.cinematic_url(player, hero))
    return View(snapshot, *gates)


async def life(api, customer, heroes, bought, key, end):
    """Not bought, bought for good, ended by the event `end`."""
    before = await view(api, customer, heroes[0])
    await customer.has("NON_RENEWING_PURCHASE", bought)
    shown = await customer.until_owned(key)
    owned_gates = await asyncio.gather(*(view(api, customer, hero, shown) for hero in heroes[:2]))
    kind, fields = end
    await customer.has(kind, bought, **fields)
    return Life(before, *owned_gates, await view(api, customer, heroes[0], await customer.until_lost(key)))


@probe
async def heros_customer(customers, expect):
    """A customer who buys one hero's cinematics, and Premium, which opens none."""
    return await customers.sharing(HERO_KEY + expect.heroes[0], "premium_cinematics", "premium")


@probe
async def lives(api, customers, heros_customer, expect):
    """The life of each purchase that opens the cinematic gates."""
    hero_key = HERO_KEY + expect.heroes[0]
    refund = "CANCELLATION", {"cancel_reason": "CUSTOMER_SUPPORT"}
    expiration = "EXPIRATION", {"expiration_at_ms": in_days(-0.001)}
    packs_customer = await customers.sharing("premium_cinematics", hero_key)
    return await together(
        {
            "pack": life(api, packs_customer, expect.heroes, "premium_cinematics", PACK, refund),
            "hero": life(api, heros_customer, expect.heroes, hero_key, hero_key, expiration),
        }
    )


@probe
async def everyday_gates(api, player, owner):
    """The gates for a player who owns nothing and for one who owns it all, whoever they are here."""
    whose = {"player": player, "owner": owner}
    return await together(
        {(who, "access"): api.cinematic_access(each) for who, each in whose.items()}
        | {(who, "url"): api.cinematic_url(each) for who, each in whose.items()}
    )


@probe
async def bad_heroes(api, owner):
    """Bad hero ids, asked for by a player to whom every good one is open."""
    calls = {(case, "access"): api.cinematic_access(owner, hero) for case, hero in BAD_HEROES.items()}
    return await together(
        calls | {(case, "url"): api.cinematic_url(owner, h) for case, h in BAD_HEROES.items()}
    )


@probe
async def claims(api, owner, rival, writing):
    """Battle-pass claims of an owner and of a player who owns nothing, their own and each other's."""
    name, other = owner.username, rival.username
    return await together(
        {
            "free-by-owner": api.claim(owner, name, "free"),
            "premium-by-owner": api.claim(owner, name, "premium"),
            "free-by-other": api.claim(rival, other, "free"),
            "premium-by-other": api.claim(rival, other, "premium"),
            "free-for-somebody-else": api.claim(owner, other, "free", "2"),
            "premium-for-somebody-else": api.claim(owner, other, "premium", "2"),
            "owner's-premium-taken-by-other": api.claim(rival, name, "premium", "2"),
        }
        | {case: api.claim(owner, name, track, level) for case, (track, level) in BAD_CLAIMS.items()}
    )


@probe
async def premium_life(api, heros_customer, expect):
    """Another hero's cinematic during a premium subscription, and a premium claim after its end."""
    customer = heros_customer
    await customer.has("INITIAL_PURCHASE", "premium", expiration_at_ms=in_days(30))
    await customer.until_owned("PREMIUM")
    cinematic = await api.cinematic_access(customer.player, expect.heroes[1])
    await customer.has("EXPIRATION", "premium", expiration_at_ms=in_days(-0.001))
    await customer.until_lost("PREMIUM")
    return cinematic, await api.claim(customer.player, customer.player.username, "premium")


PURCHASES = pytest.mark.parametrize("purchase", ["pack", "hero"])
MOMENTS = pytest.mark.parametrize("moment", ["before", "during", "after"])


@checks("gates.enforced")
@PURCHASES
@pytest.mark.parametrize("moment", ["before", "after"])
def test_gates_are_closed_to_who_does_not_own(lives, purchase, moment):
    seen = getattr(lives[purchase], moment)
    assert (seen.access.status, seen.url.status) == (403, 403)


@checks("gates.enforced")
@PURCHASES
@pytest.mark.parametrize("moment", ["before", "after"])
def test_refusal_leaks_no_url(lives, purchase, moment):
    refusal = getattr(lives[purchase], moment).url.json
    assert refusal.get("video_url") in (None, "")
    # The `type` of a problem (RFC 9457) is a URL that leads to no video.
    assert "://" not in json.dumps({name: said for name, said in refusal.items() if name != "type"})


@checks("gates.enforced")
@PURCHASES
def test_owner_has_access(lives, purchase, expect):
    access = lives[purchase].during.access
    assert access.status == 200
    assert (access.field("access"), access.field("hero_id")) == (True, expect.heroes[0])


@checks("gates.enforced")
@PURCHASES
def test_owner_gets_the_video(lives, purchase, expect):
    url = lives[purchase].during.url
    assert url.status == 200
    assert url.field("hero_id") == expect.heroes[0]
    assert isinstance(url.field("video_url"), str)
    assert url.field("video_url")
    assert type(url.field("expires_in")) is int
    assert url.field("expires_in") > 0


@checks("gates.enforced")
@PURCHASES
@MOMENTS
def test_gate_and_snapshot_agree(lives, purchase, moment, expect):
    seen = getattr(lives[purchase], moment)
    entitled = bool(owned(seen.snapshot) & {PACK, HERO_KEY + expect.heroes[0]})
    assert (seen.access.status == 200, seen.url.status == 200) == (entitled, entitled)


@checks("gates.enforced")
@pytest.mark.parametrize("gate", ["access", "url"])
def test_gate_tells_owners_from_others(everyday_gates, gate):
    assert everyday_gates["player", gate].status == 403
    assert everyday_gates["owner", gate].status == 200


@checks("gates.enforced")
@pytest.mark.parametrize("gate", ["access", "url"])
def test_one_heros_key_opens_no_other_hero(lives, gate):
    assert getattr(lives["hero"].elsewhere, gate).status == 403


@checks("gates.enforced")
@pytest.mark.parametrize("gate", ["access", "url"])
@pytest.mark.parametrize("case", BAD_HEROES)
def test_bad_hero_id_is_refused(bad_heroes, case, gate):
    assert bad_heroes[case, gate].status in (400, 404, 422)


@checks("gates.enforced")
@pytest.mark.parametrize("case", ["free-by-owner", "free-by-other", "premium-by-owner"])
def test_claim_is_granted(claims, case):
    assert claims[case].status == 200


@checks("gates.enforced")
def test_premium_claim_is_for_owners_only(claims):
    assert claims["premium-by-other"].status == 403


@checks("gates.enforced")
def test_premium_claim_ends_with_the_subscription(premium_life):
    _, claim = premium_life
    assert claim.status == 403


@checks("gates.enforced")
def test_premium_opens_no_cinematic(premium_life):
    cinematic, _ = premium_life
    assert cinematic.status == 403


@checks("gates.enforced")
@pytest.mark.parametrize(
    "case", ["free-for-somebody-else", "premium-for-somebody-else", "owner's-premium-taken-by-other"]
)
def test_claim_for_another_player_is_refused(claims, case):
    assert claims[case].status in (401, 403, 404)


@checks("gates.enforced")
@pytest.mark.parametrize("case", BAD_CLAIMS)
def test_bad_claim_is_refused(claims, case):
    assert claims[case].status in (400, 404, 422)
