"""How the page shows what was measured of a release, and draws it over the rounds of a watch."""

from datetime import timedelta

import pytest

from harness.verdict.signals import Round, Signal, in_order
from tests.page_examples import EXAMPLES, headings, page, under
from tests.verdict_examples import ALL_PASSED, STARTED, verdict

TITLE = "How the release fares"
ERRORS = Signal("errors", "issues <in> Sentry", "count", 2, broken_above=0)
STEP = Signal("attempts", "of to to", "share", 0.07, 400, broken_below=0.05, healthy_above=0.1)


def rounds(*values, name="attempts"):
    return tuple(
        Round(STARTED - timedelta(minutes=len(values) - n), "GO", {name: each})
        for n, each in enumerate(values)
    )


def figures(*signals, earlier=()):
    return under(page(verdict(*ALL_PASSED, signals=signals, rounds=earlier)), TITLE).all("figure")


def drawn(figure, kind):
    return [each.attributes["d"] for each in figure.all("path") if each.attributes["class"] == kind]


def test_where_nothing_was_measured_there_is_no_section():
    assert TITLE not in [each.text for each in headings(page(EXAMPLES["GO"]))]


@pytest.mark.parametrize(
    ("signal", "said", "state"),
    [
        (ERRORS, "2", "broken"),
        (Signal("errors", "x", "count", 0, broken_above=0), "0", "well"),
        (STEP, "7 % of 400", "doubtful"),
        (Signal("attempts", "x", "share", 0.049, 400, broken_below=0.05), "4.9 % of 400", "broken"),
        (
            Signal("attempts", "x", "share", 0.3, 400, broken_below=0.05, healthy_above=0.1),
            "30 % of 400",
            "well",
        ),
        (Signal("attempts", "x", "share", None, 12, broken_below=0.05), "too few to judge: 12", "doubtful"),
        (Signal("denied", "x", "times", 2.04, 90, broken_above=2), "2 times the usual", "broken"),
    ],
)
def test_figure_says_what_was_measured_and_what_that_means(signal, said, state):
    (figure,) = figures(signal)
    (now,) = figure.all("strong")
    assert (now.text, now.attributes["class"]) == (said, state)


def test_signal_that_was_measured_once_is_not_drawn():
    (figure,) = figures(STEP)
    assert figure.all("svg") == []
    told = under(page(verdict(*ALL_PASSED, signals=(STEP,))), TITLE).elements[1].text
    assert told == "Measured once, at 2026-11-23 01:02:15 UTC."


@pytest.mark.parametrize(
    ("number", "said"),
    [(1, "2 rounds over 1 min 12 s"), (12, "13 rounds over 12 min")],
)
def test_page_says_how_long_was_watched_and_in_how_many_rounds(number, said):
    earlier = rounds(*[0.2] * number)
    told = under(page(verdict(*ALL_PASSED, signals=(STEP,), rounds=earlier)), TITLE).elements[1].text
    began = earlier[0].at
    assert told == f"Watched in {said}, from {began:%Y-%m-%d %H:%M:%S} to 01:02:15 UTC."


@pytest.mark.parametrize(
    ("signal", "value", "axis"),
    [
        (STEP, 0.3, ["30 %", "0 %"]),
        (STEP, 0.05, ["10 %", "0 %"]),  # a bound is on the chart, too
        (Signal("denied", "x", "times", 2.0, 90, broken_above=2), 3.14, ["3.1", "0"]),
        (Signal("errors", "x", "count", 0), 0, ["1", "0"]),
    ],
)
def test_axis_says_how_high_a_chart_is(signal, value, axis):
    (figure,) = figures(signal, earlier=rounds(value, name=signal.name))
    assert [each.text for each in figure.one("p", "axis").all("span")] == axis


def test_rounds_are_drawn_in_the_order_of_time_up_to_this_one():
    (figure,) = figures(STEP, earlier=rounds(0.2, 0.1))
    (line,) = drawn(figure, "over-time")
    places = [tuple(map(float, each.split())) for each in line.removeprefix("M").split("L")]
    assert [x for x, _ in places] == sorted(x for x, _ in places)
    assert (places[0][0], places[-1][0], len(places)) == (0, 600, 3)
    assert places[0][1] < places[1][1] < places[2][1]  # 20 % stands higher than 10 %
    assert len(drawn(figure, "round")) == 3
    assert (len(drawn(figure, "bound")), len(drawn(figure, "healthy"))) == (1, 1)


def test_line_is_broken_where_nothing_could_be_measured():
    (figure,) = figures(STEP, earlier=rounds(0.2, 0.2, None, 0.2))
    assert len(drawn(figure, "over-time")) == 2
    assert len(drawn(figure, "round")) == 4


def test_chart_is_told_in_words():
    (figure,) = figures(STEP, earlier=rounds(0.2, None, 0.12))
    (chart,) = figure.all("svg")
    assert chart.attributes["role"] == "img"
    assert chart.attributes["aria-label"] == (
        "of to to in 4 rounds from 00:59:03 to 01:02:15 UTC: "
        "first 20 %, last 7 %, lowest 7 %, highest 20 %, too few to judge in 1 of them"
    )


def test_chart_of_what_never_could_be_judged_is_empty_and_says_so():
    never = Signal("attempts", "of to to", "share", None, 3)
    (figure,) = figures(never, earlier=rounds(None, None))
    assert (drawn(figure, "over-time"), drawn(figure, "round")) == ([], [])
    assert figure.all("svg")[0].attributes["aria-label"] == "of to to: too few to judge in 3 rounds"


def test_nothing_lies_outside_of_its_chart():
    for figure in figures(ERRORS, earlier=rounds(0, 30, 2, name="errors")):
        (line,) = drawn(figure, "over-time")
        places = [tuple(map(float, each.split())) for each in line.removeprefix("M").split("L")]
        assert all(0 <= x <= 600 and 0 <= y <= 90 for x, y in places)


def test_signals_stand_in_the_order_of_the_checklist():
    named = [Signal(name, "x", "count", 0) for name in ("log-errors", "another", "errors")]
    assert [each.name for each in in_order(named)] == ["errors", "log-errors", "another"]
