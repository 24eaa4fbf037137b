"""What decided how long a run took, and how the page draws it."""

from datetime import timedelta

import pytest

from harness.course import MOST, course
from harness.evidence.gathering import Gathered
from harness.evidence.probe import Node
from harness.verdict.model import Call, Leg
from tests.page_examples import page, under
from tests.verdict_examples import ALL_PASSED, STARTED, verdict


def seconds(count):
    return STARTED + timedelta(seconds=count)


def node(name, *needs, is_probe=True):
    def function():
        pass

    function.__name__, function.__module__ = name, "smoke.test_x"
    return Node(function, is_probe=is_probe, needs={need.function.__name__: need for need in needs})


def at_work(node, began, ended, *exchanges):
    return Gathered(node, seconds(began), seconds(ended), list(exchanges))


def test_chain_leads_to_the_probe_that_ended_last_in_the_order_of_time():
    player, rival, alone = node("player"), node("rival"), node("alone")
    last = node("last", node("api", player, is_probe=False), rival)
    gathered = [at_work(alone, 0, 4), at_work(rival, 0, 1), at_work(player, 0, 2), at_work(last, 2, 5)]
    assert course(gathered, STARTED) == (
        Leg("test_x.player", 0, 2, (), 0),
        Leg("test_x.last", 2, 3, (), 0),
    )


def test_longest_calls_are_listed_in_the_order_of_time(make_exchange):
    calls = [
        make_exchange({}, note=str(n), started=seconds(n), elapsed=timedelta(milliseconds=100 - n))
        for n in range(MOST + 3)
    ]
    (leg,) = course([at_work(node("p"), 0, 20, *reversed(calls))], STARTED)
    assert [call.began_s for call in leg.calls] == list(range(MOST))
    assert leg.calls[1] == Call("GET /api/health (1) answered 200", 1, 0.099)
    assert leg.more_calls == 3


def test_where_nothing_was_gathered_there_is_none():
    assert course([], STARTED) == ()


LEGS = (
    Leg(
        "conftest.owner", 1, 2, (Call("POST /a answered 201", 1, 0.5), Call("GET /<b> answered 200", 2, 1)), 0
    ),
    Leg("test_x.last", 3, 1, (Call("GET /c answered 200", 3.999, 0.001),), 7),
)


def rows(given):
    """(name, where the bar begins, how long it is, time) of each row."""
    found = []
    for row in page(given).all("tr"):
        bars = row.all("rect")
        if bars:
            place = bars[0].attributes["x"], bars[0].attributes["width"]
            found.append((row.all("th")[0].text, *place, row.all("td")[-1].text))
    return found


def test_page_draws_each_probe_and_call_where_it_was():
    assert rows(verdict(*ALL_PASSED, course=LEGS)) == [
        ("conftest.owner", "25.00%", "50.00%", "2.00 s"),
        ("POST /a answered 201", "25.00%", "12.50%", "500 ms"),
        ("GET /<b> answered 200", "50.00%", "25.00%", "1.00 s"),
        ("test_x.last", "75.00%", "25.00%", "1.00 s"),
        ("GET /c answered 200", "99.60%", "0.40%", "1 ms"),  # a short bar can be seen, and stays on the page
    ]


def test_page_says_how_much_it_leaves_out():
    said = under(page(verdict(*ALL_PASSED, course=LEGS)), "Where the time went")
    assert ("and 7 shorter calls" in said.text, "and 0 shorter" in said.text) == (True, False)
    assert "The last evidence was there 4.0 s after the run began." in said.text


@pytest.mark.parametrize("legs", [(), (Leg("p", 0, 0, (), 0),)])
def test_page_of_a_run_without_a_course_or_time_is_whole(legs):
    assert rows(verdict(*ALL_PASSED, course=legs)) == []
