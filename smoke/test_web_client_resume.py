"""Resume: the client asks for a new snapshot when the one it has is too old, and never before."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from harness import checks, probe
from harness.web.freshness import ttl_s
from harness.web.scene import Record
from harness.web.visit import Look

# The device's clock, against the real time: only what passes on it counts.
DEVICES = {"fast-clock": timedelta(hours=1), "slow-clock": timedelta(hours=-1)}
LATER_MS = 2000  # for what would be asked a little later
PACK = "PREMIUM_CINEMATICS_PACK"


@dataclass(frozen=True, repr=False)
class Resumed(Record):
    """How many snapshots were asked for: at the start, by a resume within the TTL, by one after it, at a gate."""

    at_start: int
    within: int
    after: int
    at_gate: int


@dataclass(frozen=True, repr=False)
class Unplugged(Record):
    """A resume without a network, and the next one with it: `asked` counts the snapshots that were answered."""

    look: Look
    asked: int


@dataclass(frozen=True, repr=False)
class Opened(Record):
    """What a press of the cinematic gate led to."""

    shown: str | None


async def resume(visit, after_s):
    """The app goes to the background, and comes back after that time on its device; the snapshots it asks for."""
    before = len(visit.tape.calls)
    await visit.background()
    await visit.passes(after_s)
    await visit.foreground()
    await visit.settle(LATER_MS)
    return before


@probe(each=tuple(DEVICES))
async def resumed(client, api, rival, expect, case):
    """Resumes within the TTL and after it, and a gate after it, on a device whose clock is wrong."""
    ttl = await ttl_s(api, rival)
    async with client.visit(f"resume-{case}", rival, ahead=DEVICES[case]) as visit:
        await visit.reach("cinematic_gate", expect.heroes[0])
        await visit.settle(LATER_MS)
        at_start = len(visit.snapshots())
        within = await resume(visit, ttl / 2)
        await visit.look("resumed within the ttl")
        after = await resume(visit, ttl)
        await visit.until(lambda: visit.snapshots(after))
        await visit.settle(LATER_MS)
        await visit.look("resumed after the ttl")
        counted = len(visit.snapshots(within)) - len(visit.snapshots(after)), len(visit.snapshots(after))
        await visit.passes(ttl + 1)
        gate = len(visit.tape.calls)
        await visit.press("cinematic_gate")
        await visit.until(lambda: visit.snapshots(gate))
        await visit.look("at the gate")
        return Resumed(visit.scene, at_start, *counted, len(visit.snapshots(gate)))


@probe
async def unplugged(client, api, rival, expect):
    """The app comes back without a network, long after the TTL, and once more when the network is back."""
    ttl = await ttl_s(api, rival)
    async with client.visit("resume-offline", rival) as visit:
        await visit.reach("cinematic_gate", expect.heroes[0])
        async with visit.network.gone():
            await resume(visit, ttl + 1)
            look = await visit.look("resumed offline")
            back = len(visit.tape.calls)
        await resume(visit, 1)
        answered = lambda: [call for call in visit.snapshots(back) if call.status == 200]  # noqa: E731
        await visit.until(answered)
        await visit.look("resumed online")
        return Unplugged(visit.scene, look, len(answered()))


@probe
async def granted(client, api, awaited, expect):
    """A purchase that is reported while the app is in the background."""
    customer = awaited.customer
    ttl = await ttl_s(api, customer.player)
    async with client.visit("granted", customer.player) as visit:
        await visit.reach("cinematic_gate", expect.heroes[0])
        await customer.has("NON_RENEWING_PURCHASE", "premium_cinematics")
        await customer.until_owned(PACK)
        before = await resume(visit, ttl + 1)
        await visit.until(lambda: visit.snapshots(before))
        await visit.settle()
        await visit.press("cinematic_gate")
        shown = await visit.shown("cinematic_open", "paywall", "login_screen")
        await visit.look("gate pressed")
        return Opened(visit.scene, shown)


@probe
async def lapsed(client, api, rival, expect):
    """A snapshot that says "owned" until a moment within its TTL; the gate is pressed after that moment."""
    ttl = await ttl_s(api, rival)

    def own(snapshot):
        ends = datetime.fromisoformat(snapshot["server_time"]) + timedelta(seconds=ttl / 3)
        snapshot["entitlements"][PACK] |= {"status": "owned", "expires_at": ends.isoformat()}

    async with client.visit("lapsed") as visit:
        async with visit.network.snapshots(own):
            await visit.sign_in(rival)
            await visit.reach("cinematic_gate", expect.heroes[0])
        await visit.passes(ttl * 2 / 3)
        await visit.press("cinematic_gate")
        shown = await visit.shown("cinematic_open", "paywall", "login_screen")
        await visit.look("gate pressed")
        return Opened(visit.scene, shown)


@checks("entitlements.resume-refresh")
def test_start_asks_for_a_snapshot(resumed):
    assert resumed.at_start > 0


@checks("entitlements.resume-refresh")
def test_resume_within_the_ttl_asks_for_nothing(resumed):
    assert resumed.within == 0


@checks("entitlements.resume-refresh")
def test_resume_after_the_ttl_asks_once(resumed):
    assert resumed.after == 1


@checks("entitlements.resume-refresh")
def test_gate_after_the_ttl_asks(resumed):
    assert resumed.at_gate > 0


@checks("entitlements.resume-refresh")
def test_resume_without_a_network_changes_nothing(unplugged):
    assert "cinematic_gate" in unplugged.look.visible


@checks("entitlements.resume-refresh")
def test_resume_asks_when_the_network_is_back(unplugged):
    assert unplugged.asked > 0


@checks("entitlements.resume-refresh")
def test_what_was_bought_meanwhile_is_open_after_a_resume(granted):
    assert granted.shown == "cinematic_open"


@checks("entitlements.resume-refresh")
def test_what_lapsed_since_the_snapshot_is_closed(lapsed):
    assert lapsed.shown == "paywall"
