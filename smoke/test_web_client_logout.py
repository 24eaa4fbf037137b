"""Force logout: a token that the server refuses ends the session where the player sits, and nothing else does."""

from dataclasses import dataclass

import pytest

from harness import checks, probe
from harness.errors import Unprovable
from harness.web.freshness import ttl_s
from harness.web.scene import Record
from harness.web.telemetry import LOGGED_OUT, SENT_WITHIN_S, reports
from harness.web.visit import Look

PROTECTED = {"signed_in", "cinematic_gate", "battle_pass_gate", "profile_gate", "cinematic_open", "paywall"}
HARMLESS = ("500", "403", "no-network")
SNAPSHOT = "entitlements.resume-refresh"  # the item that promises a call at a gate
AFTERWARDS_MS = SENT_WITHIN_S * 1000  # also for what would go on asking


@dataclass(frozen=True, repr=False)
class Start(Record):
    """The app, opened by somebody who is not signed in."""

    shown: str | None
    errors: list[str]
    failed: list[str]
    blocked: list[str]

    @property
    def is_well(self) -> bool:
        """Whether the checks of it hold."""
        return self.shown == "login_screen" and not self.errors and not self.failed


@dataclass(frozen=True, repr=False)
class Revoked(Record):
    """Two tabs of a session whose token was revoked on the server, and what the player saw next."""

    shown: str | None
    after: Look
    reported: int
    asked_again: list[str]
    back: Look
    other_shown: str | None
    other: Look


@dataclass(frozen=True, repr=False)
class Unharmed(Record):
    """A session before and after each of the answers that say nothing about its token."""

    before: Look
    looks: dict[str, Look]
    shown: str | None


@probe
async def start(app):
    """The app opens for the first time."""
    async with app.visit("start") as visit:
        await visit.open("home")
        shown = await visit.shown("login_screen")
        await visit.settle(1000)
        await visit.look("opened")
        tape = visit.tape
        seen = Start(visit.scene, shown, list(tape.errors), tape.failed, tape.blocked)
        if tape.is_excused and not seen.is_well:  # without what it was refused, it is not what players get
            remedy = "set access.writes = true where that is allowed"
            raise Unprovable(f"the web client does not start without this: {tape.refused[0]}", remedy)
        if tape.is_cut_off:
            reason = f"the web client has an error without this: {tape.blocked[0]}"
            raise Unprovable(reason, "name in web.hosts the hosts that it needs")
        return seen


@probe
async def revoked(client, api, limits, expect):
    """The token dies on the server, and the player goes on in each of two tabs."""
    ttl = await ttl_s(api, limits)
    async with client.visit("force-logout", limits) as visit:
        await visit.reach("cinematic_gate", expect.heroes[0])
        await visit.look("signed in")
        other = await client.tab(visit)
        await other.reach("cinematic_gate", expect.heroes[0])
        (await api.logout(visit.credentials)).expect(200, owner="auth.login")
        await visit.passes(ttl + 1)
        await visit.press("cinematic_gate")
        shown = await visit.shown("login_screen", "paywall", "cinematic_open")
        asked = len(visit.tape.calls)
        await visit.settle()
        after = await visit.look("token refused")
        await visit.settle(AFTERWARDS_MS)
        again = [str(call) for call in visit.calls(asked) if call.token and call not in visit.logouts(asked)]
        reported = len(reports(visit.tape.payloads, LOGGED_OUT))
        await visit.back()
        await visit.settle()
        back = await visit.look("gone back")
        if "cinematic_gate" in (await other.look("other tab")).visible:
            await other.press("cinematic_gate")
        other_shown = await other.shown("login_screen", "paywall", "cinematic_open")
        after_all = await other.look("other tab goes on")
        return Revoked(visit.scene, shown, after, reported, again, back, other_shown, after_all)


@probe
async def unharmed(client, api, rival, expect):
    """The server fails, forbids and is out of reach, while the token is as good as ever."""
    ttl = await ttl_s(api, rival)
    looks = {}
    async with client.visit("unharmed", rival) as visit:
        before = await visit.look("signed in")
        for case in HARMLESS:
            await visit.reach("cinematic_gate", expect.heroes[0])
            await visit.passes(ttl + 1)
            known = len(visit.tape.calls)
            async with visit.network.gone() if case == "no-network" else visit.network.answering(int(case)):
                await visit.press("cinematic_gate")
                # Without a network a client may as well not try.
                if case != "no-network" and not await visit.until(lambda known=known: visit.calls(known)):
                    raise visit.broken("a gate after the TTL asked the server for nothing", SNAPSHOT)
                await visit.settle(AFTERWARDS_MS)  # it may try again
                looks[case] = await visit.look(f"after {case}")
        await visit.open("home")  # it may show the login until it has found the session
        return Unharmed(visit.scene, before, looks, await visit.shown("signed_in"))


@checks("auth.force-logout")
def test_app_starts_at_the_login(start, record_property):
    for request in start.blocked:
        record_property("note", f"a request of the web client was not let through: {request}")
    assert start.shown == "login_screen"


@checks("auth.force-logout")
def test_app_starts_without_an_error(start):
    assert start.errors == []


@checks("auth.force-logout")
def test_app_starts_without_a_failed_request(start):
    assert start.failed == []


@checks("auth.force-logout")
def test_refused_token_leads_to_the_login(revoked):
    assert revoked.shown == "login_screen"


@checks("auth.force-logout")
def test_refused_token_is_dropped(revoked):
    assert revoked.after.tokens == frozenset()


@checks("auth.force-logout")
def test_forced_logout_is_reported_once(revoked):
    assert revoked.reported == 1


@checks("auth.force-logout")
def test_refused_token_is_not_sent_again(revoked):
    assert revoked.asked_again == []


@checks("auth.force-logout")
def test_going_back_shows_nothing_protected(revoked):
    assert revoked.back.visible & PROTECTED == set()


@checks("auth.force-logout")
def test_other_tab_is_logged_out_as_well(revoked):
    assert revoked.other_shown == "login_screen"


@checks("auth.force-logout")
def test_no_tab_brings_the_token_back(revoked):
    assert revoked.other.tokens == frozenset()


@checks("auth.force-logout")
@pytest.mark.parametrize("case", HARMLESS)
def test_harmless_answer_logs_nobody_out(unharmed, case):
    assert "login_screen" not in unharmed.looks[case].visible


@checks("auth.force-logout")
@pytest.mark.parametrize("case", HARMLESS)
def test_harmless_answer_takes_no_token(unharmed, case):
    assert unharmed.looks[case].tokens == unharmed.before.tokens


@checks("auth.force-logout")
def test_session_goes_on_after_harmless_answers(unharmed):
    assert unharmed.shown == "signed_in"
