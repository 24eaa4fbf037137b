"""A probe of several cases: a test that asks for it runs once for each, and each is gathered once."""

import pytest

from harness import probe
from harness.collection import closure
from harness.errors import Unprovable
from harness.evidence.gathering import Gathering
from harness.evidence.probe import Handle, nodes_of, resource

CASES = ("GET /a", "GET /b/{c}", "third")
gathered: list[str] = []


@probe
async def base():
    """What every case stands on."""
    gathered.append("base")
    return "base of "


@probe(each=CASES)
async def sample(base, case):
    """One case, on its base."""
    gathered.append(case)
    return base + case


@resource("marked")
def lacking():
    """What the environment of one case lacks."""
    raise Unprovable("no such thing", "get one")


@probe(each={"plain": (), "needing": ("lacking",), "needing more": ("base", "lacking")})
async def other(case):
    """Cases that need something beside what the function asks for."""
    return case


@probe
async def summary(sample):
    """What must not be: evidence of no case that stands on one."""
    return sample


class Run:
    async def reached(self):
        pass


@pytest.fixture
def gathering():
    gathered.clear()
    gathering = Gathering(Run())
    yield gathering
    gathering.close()


def test_a_test_runs_once_for_each_case(sample, request):
    assert isinstance(sample, Handle)
    assert sample.node.case == request.node.callspec.params["sample"]
    assert request.node.name == f"test_a_test_runs_once_for_each_case[{sample.node.case}]"
    assert sample.node.title == f"test_probe_cases.sample[{sample.node.case}]"


@pytest.mark.parametrize("sample", CASES[1:], indirect=True)
def test_some_cases_alone(sample):
    assert sample.node.case in CASES[1:]


def test_tests_of_one_case_share_what_is_gathered(sample, request, gathering):
    """Whatever test asks: the node is that of the case, and there is one for each."""
    (node,) = (each for each in nodes_of(request.node) if each.is_probe)
    assert node is sample.node
    assert node is node.of[node.case]
    assert {gathering.value(node), gathering.value(sample.node)} == {f"base of {node.case}"}
    assert gathered == ["base", node.case]


def test_cases_stand_on_the_same_base(sample, base, request):
    nodes_of(request.node)
    assert sample.node.needs == {"base": base.node}


def test_case_needs_what_it_names_and_the_others_do_not(other, request, gathering):
    nodes_of(request.node)
    marks = {mark for node in closure(request.node) for mark in node.marks}
    if other.node.case == "plain":
        assert (other.node.needs, marks, gathering.value(other.node)) == ({}, set(), "plain")
        return
    assert (set(other.node.needs) >= {"lacking"}, marks) == (True, {"marked"})
    assert ("base" in other.node.needs) == (other.node.case == "needing more")
    with pytest.raises(Unprovable, match="no such thing; get one"):
        gathering.value(other.node)


def test_two_probes_of_cases_are_combined(sample, other, request):
    assert [node.case for node in nodes_of(request.node)] == [sample.node.case, other.node.case]
    assert sample.node.title != other.node.title


@pytest.mark.parametrize("sample", CASES[:1], indirect=True)
def test_evidence_of_no_case_cannot_stand_on_one(sample, summary, request):
    with pytest.raises(pytest.UsageError) as caught:
        nodes_of(request.node)
    assert str(caught.value) == (
        f"test_probe_cases.summary stands on test_probe_cases.sample[{CASES[0]}], one case of several; "
        "only a test can ask for it"
    )
