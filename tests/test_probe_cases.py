"""A probe of several cases: a test that asks for it runs once for each, and each is gathered once."""

import pytest

from harness import probe
from harness.evidence.probe import Gathering, Handle, nodes_of

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


@probe(each=dict.fromkeys(CASES))
async def other(case):
    """The cases may be the keys of a dictionary."""
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
