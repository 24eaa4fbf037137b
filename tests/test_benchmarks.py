"""What the benchmarks compute: medians and spread, tables, imports, plots, the results document, fair samples."""

import platform
import sys
import xml.etree.ElementTree as ET

import pytest

from benchmarks import fuzzing, growth, start_up
from benchmarks.figures import Series, table
from benchmarks.measuring import Measured, measure
from benchmarks.peers import bench
from benchmarks.peers.tools import FLOOR, OURS, TOOLS
from benchmarks.plots import Line, chart, nice
from benchmarks.results import machine, merged, section, sections

SAID = """\
import time: self [us] | cumulative | imported package
import time:       100 |        100 |   json.decoder
import time:       200 |        300 | json
something the program said
import time:      1000 |       1000 |     rich.table
import time:      2000 |       3000 |   rich
import time:       500 |       3500 | httpx._main
"""


def took(tool, delay_ms, wall_s, peak_mb=10.0):
    return bench.Run(tool, delay_ms, Measured(wall_s, 0.5, peak_mb, 0, ""))


def test_median_and_fastest():
    series = Series((3.0, 1.0, 2.0))
    assert (series.median, series.fastest) == (2.0, 1.0)


def test_spread_is_half_the_distance_between_quartiles():
    assert Series((8.0, 9.0, 10.0, 11.0, 12.0)).spread == pytest.approx(0.15)


def test_one_slow_run_hardly_moves_median_or_spread():
    calm, disturbed = Series((9.0, 10.0, 10.0, 10.0, 11.0)), Series((9.0, 10.0, 10.0, 10.0, 99.0))
    assert disturbed.median == calm.median
    assert calm.spread == pytest.approx(0.05)


@pytest.mark.parametrize("values", [(1.0,), (1.0, 5.0)])
def test_few_values_have_no_spread(values):
    assert Series(values).spread == 0


def test_ratio_is_that_of_the_medians():
    assert Series((2.0, 4.0, 9.0)).over(Series((1.0, 2.0, 3.0))) == 2


def test_table_fills_short_rows():
    assert table(["a", "b"], [[1, "x"], [2]]) == "| a | b |\n| --- | --- |\n| 1 | x |\n| 2 |  |\n"


def test_every_tool_runs_in_every_round():
    rounds = list(bench.order(TOOLS, 5))
    assert [sorted(tool.name for tool in each) for each in rounds] == [
        sorted(tool.name for tool in TOOLS)
    ] * 5


def test_rounds_are_shuffled_and_the_same_every_time():
    first, again = (list(bench.order(TOOLS, 5)) for _ in range(2))
    assert first == again
    assert len({tuple(tool.name for tool in each) for each in first}) > 1


def test_peers_are_compared_with_the_floor():
    runs = [took(FLOOR, 0, 0.2), took(OURS, 0, 0.3, peak_mb=64), took(FLOOR, 50, 1.0), took(OURS, 50, 1.5)]
    floor, ours = bench.as_table(runs, [0, 50]).splitlines()[2:]
    assert floor == f"| {FLOOR} | 0.20 s (1.00, ±0%) | 1.00 s (1.00, ±0%) | 0.50 s | 10 MB |"
    assert ours == f"| {OURS} | 0.30 s (1.50, ±0%) | 1.50 s (1.50, ±0%) | 0.50 s | 64 MB |"


def test_each_tool_has_a_fault_of_its_own():
    assert len({tool.fault for tool in TOOLS}) == len(TOOLS)


def test_imports_know_who_imported_them():
    assert {each.name: each.by for each in start_up.imports(SAID)} == {
        "json.decoder": "json",
        "json": "",
        "rich.table": "rich",
        "rich": "httpx._main",
        "httpx._main": "",
    }


def test_packages_add_up_their_own_time():
    assert start_up.packages(start_up.imports(SAID)) == [
        ("rich", pytest.approx(3.0), 2, "httpx._main"),
        ("httpx", pytest.approx(0.5), 1, ""),
        ("json", pytest.approx(0.3), 2, ""),
    ]


def test_a_process_is_measured():
    ended = measure([sys.executable, "-c", "print('said'); raise SystemExit(3)"])
    assert (ended.code, ended.said) == (3, "said\n")
    assert ended.cpu_s > 0
    assert ended.peak_mb > 1


def test_a_process_that_hangs_is_killed():
    ended = measure([sys.executable, "-c", "import time; time.sleep(60)"], limit_s=0.05)
    assert ended.code < 0


def test_a_process_that_cannot_be_started_is_no_measurement():
    with pytest.raises(RuntimeError, match="no-such-command could not be started"):
        measure(["no-such-command"])


def test_memory_is_not_that_of_who_measures():
    ballast = bytearray(64_000_000)
    assert measure([sys.executable, "-c", "pass"]).peak_mb < len(ballast) / 1e6


def test_sample_has_every_item():
    of = [fuzzing.Fault(f"{item}.{number}", item, "") for item in fuzzing.ITEMS for number in range(20)]
    chosen = fuzzing.sample(of, 5)
    assert {fault.item for fault in chosen} == set(fuzzing.ITEMS)
    assert len(chosen) == len(set(chosen)) == 5
    assert chosen == fuzzing.sample(of, 5)


def test_grown_checks_are_as_many_as_asked_for(tmp_path):
    growth.write(tmp_path, 2 * growth.UNIT, 7)
    modules = sorted(tmp_path.glob("smoke/test_*.py"))
    written = "".join(path.read_text() for path in modules)
    assert len(modules) == 2
    assert written.count("@checks(") == written.count("@probe") == 2 * growth.UNIT
    assert "max_concurrency = 7\n" in (tmp_path / "grown.toml").read_text()


@pytest.mark.parametrize(("largest", "step"), [(0.4, 0.1), (4.9, 1), (5.1, 2), (11, 2.5), (24, 5)])
def test_axis_has_round_figures(largest, step):
    assert nice(largest) == pytest.approx(step)


def test_chart_is_an_svg_with_every_line_inside_it():
    lines = [Line("0 ms", [(1, 0.5), (10, 2.0)]), Line("<50 ms", [(1, 1.0), (10, 9.0)])]
    root = ET.fromstring(chart("Growth & time", "checks", "s", lines))
    names = [each.text for each in root.iter("{http://www.w3.org/2000/svg}text")]
    dots = list(root.iter("{http://www.w3.org/2000/svg}circle"))
    assert {"Growth & time", "checks", "0 ms", "<50 ms"} <= set(names)
    assert len(dots) == 4
    assert all(0 < float(dot.get("cx")) < 640 and 0 < float(dot.get("cy")) < 360 for dot in dots)


def test_results_replace_a_section_and_keep_the_others():
    order = ["Peers", "Growth", "Start-up"]
    first = merged(
        "", {"Growth": section("Growth", "old", "day"), "Peers": section("Peers", "kept", "day")}, order
    )
    second = merged(first, {"Growth": section("Growth", "new\n\n### below\n", "day")}, order)
    assert list(sections(second)) == ["Peers", "Growth"]
    assert "kept" in second
    assert "old" not in second
    assert sections(second)["Growth"] == "## Growth\n\nday.\n\nnew\n\n### below\n"


def test_results_name_no_machine():
    assert machine().count(",") == 3
    assert platform.node() not in machine()
