"""The paywall: every closed gate leads to it, is counted once, and an owner never sees it."""

from dataclasses import dataclass

import pytest

from harness import checks, probe
from harness.web.places import Place, place
from harness.web.scene import Record
from harness.web.telemetry import DENIED, PAYWALL, SENT_WITHIN_S, Report, personal, reports

# Each gate with the source that its paywall names (contract, section 4).
SOURCES = {"cinematic_gate": "cinematic_gate", "battle_pass_gate": "battle_pass", "profile_gate": "profile"}
DENYING = ("cinematic_gate", "battle_pass_gate")
OPENS = {"cinematic_gate": "cinematic_open", "battle_pass_gate": "battle_pass_open"}
DEDUPLICATED_S = 1.5  # a paywall opened again within that time is the same opening


@dataclass(frozen=True, repr=False)
class Denied(Record):
    """A gate pressed by a player who owns nothing, and later once more, twice at the same moment."""

    gate: str
    shown: str | None
    place: Place
    promised: Place
    opened: list[Report]
    denied: list[Report]
    opened_by_double_tap: list[Report]
    told: set[str]


@dataclass(frozen=True, repr=False)
class Passed(Record):
    """The gates pressed by a player who owns it all."""

    shown: dict[str, str | None]
    opened: list[Report]


@probe(each=tuple(SOURCES))
async def denied(client, rival, expect, case):
    """A closed gate, opened once, and after a while by a double tap."""
    async with client.visit(f"denied-{case}", rival) as visit:
        await visit.reach(case, expect.heroes[0])
        await visit.press(case)
        shown = await visit.shown("paywall", OPENS.get(case, "paywall"), "login_screen")
        await visit.settle(SENT_WITHIN_S * 1000)
        url = (await visit.look("gate pressed")).url
        first = list(visit.tape.payloads)
        await visit.reach(case, expect.heroes[0])
        await visit.passes(DEDUPLICATED_S * 2)
        before = len(visit.tape.payloads)
        await visit.press(case, times=2)
        await visit.shown("paywall", "login_screen")
        await visit.settle(SENT_WITHIN_S * 1000)
        await visit.look("gate pressed twice")
        everything = visit.tape.payloads
        secrets = {"user name": rival.username, "password": rival.password, "token": visit.token}
        return Denied(
            visit.scene,
            case,
            shown,
            place(url),
            visit.place("paywall"),
            reports(first, PAYWALL),
            reports(first, DENIED),
            reports(everything[before:], PAYWALL),
            personal(everything, secrets),
        )


@probe
async def passed(client, owner, expect):
    """Both gates, pressed by an owner."""
    shown = {}
    async with client.visit("owner", owner) as visit:
        for gate, opening in OPENS.items():
            await visit.reach(gate, expect.heroes[0])
            await visit.press(gate)
            shown[gate] = await visit.shown(opening, "paywall", "login_screen")
            await visit.settle(SENT_WITHIN_S * 1000)
            await visit.look(f"{gate} pressed")
        return Passed(visit.scene, shown, reports(visit.tape.payloads, PAYWALL))


@checks("gates.paywall-route")
def test_closed_gate_leads_to_the_paywall(denied):
    assert denied.shown == "paywall"


@checks("gates.paywall-route")
def test_paywall_has_its_route(denied):
    assert denied.place.route == denied.promised.route


@checks("gates.paywall-route")
def test_paywall_names_its_source(denied):
    assert denied.place.source == SOURCES[denied.gate]


@checks("gates.paywall-route")
@pytest.mark.parametrize("gate", OPENS)
def test_owner_passes_the_gate(passed, gate):
    assert passed.shown[gate] == OPENS[gate]


@checks("gates.paywall-telemetry")
def test_paywall_is_counted_once(denied):
    assert [report.source for report in denied.opened] == [SOURCES[denied.gate]]


@checks("gates.paywall-telemetry")
@pytest.mark.parametrize("denied", DENYING, indirect=True)
def test_denial_is_counted_with_its_source(denied):
    assert [report.source for report in denied.denied] == [SOURCES[denied.gate]]


@checks("gates.paywall-telemetry")
def test_double_tap_counts_once(denied):
    assert len(denied.opened_by_double_tap) == 1


@checks("gates.paywall-telemetry")
def test_telemetry_is_not_personal(denied):
    assert denied.told == set()


@checks("gates.paywall-telemetry")
def test_owner_is_not_counted_as_denied(passed):
    assert passed.opened == []
