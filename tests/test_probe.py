"""Gathering: each probe once, all at once, and every error where it belongs."""

import asyncio
import gc
import logging
import threading
from datetime import UTC, datetime

import pytest

from harness.errors import NoAnswer, ProbeFailed, PromiseBroken, Unprovable, Unreachable
from harness.evidence.exchange import stories
from harness.evidence.gathering import Gathering
from harness.evidence.probe import Cases, Node, abreast, together


class Run:
    """A run whose target is ready, or never will be."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error

    async def reached(self) -> None:
        if self.error:
            raise self.error


@pytest.fixture
def gathering():
    gathering = Gathering(Run())
    yield gathering
    gathering.close()


def probe(function, **needs: Node) -> Node:
    return Node(function, is_probe=True, needs=needs)


def resource(function, **needs: Node) -> Node:
    return Node(function, is_probe=False, needs=needs)


def raising(error: BaseException) -> Node:
    async def broken():
        raise error

    return probe(broken)


async def needing(need):
    return need


def test_each_is_gathered_once_however_many_need_and_ask_for_it(gathering):
    calls = []

    async def base():
        calls.append("base")
        return 1

    async def sum_of(left, right):
        return left + right

    bottom = probe(base)
    left, right = (probe(needing, need=bottom) for _ in range(2))
    top = probe(sum_of, left=left, right=right)
    gathering.submit([left, top, top])
    assert [gathering.value(node) for node in (top, bottom, left, top)] == [2, 1, 1, 2]
    assert calls == ["base"]


def test_probes_that_do_not_need_each_other_are_gathered_at_once(gathering):
    barrier = asyncio.Barrier(3)

    async def meets():
        async with asyncio.timeout(5):
            return await barrier.wait()

    nodes = [probe(meets) for _ in range(3)]
    gathering.submit(nodes)
    assert sorted(map(gathering.value, nodes)) == [0, 1, 2]


def test_longest_chains_are_started_first(gathering):
    order = []

    def noting(name, **needs):
        async def note(**_):
            order.append(name)

        return probe(note, **needs)

    bottom = noting("bottom")
    short, tall = noting("short"), noting("tall", need=noting("middle", need=bottom))
    gathering.submit([short, tall])
    gathering.value(tall)
    assert [node.chain() for node in (short, tall)] == [1, 3]
    assert order == ["bottom", "short", "middle", "tall"]


def test_resource_gets_the_run_and_is_shared(gathering):
    shared = resource(lambda run: [run])
    users = [probe(needing, need=shared) for _ in range(2)]
    first, second = map(gathering.value, users)
    assert first is second
    assert isinstance(first[0], Run)


@pytest.mark.parametrize(
    "error",
    [
        Unprovable("no webhook secret", "set webhook.secret_env"),
        PromiseBroken("promised 200"),
        NoAnswer("GET /x got no answer"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_error_with_a_meaning_reaches_every_dependant_as_it_is(gathering, error):
    bottom = raising(error)
    left = probe(needing, need=bottom)
    nodes = [bottom, left, probe(needing, need=left), probe(needing, need=bottom)]
    gathering.submit(nodes)
    for node in nodes:
        with pytest.raises(type(error)) as caught:
            gathering.value(node)
        assert caught.value is error


def test_resource_that_cannot_be_made_reaches_its_probes(gathering):
    reason = Unprovable("no log source", "set logs.source")

    def logs():
        raise reason

    with pytest.raises(Unprovable) as caught:
        gathering.value(probe(needing, need=resource(logs)))
    assert caught.value is reason


def test_error_of_a_probe_itself_names_probe_place_and_error_without_its_cause(gathering):
    async def snapshot():
        return {}["ttl_seconds"]

    line = snapshot.__code__.co_firstlineno + 1
    with pytest.raises(ProbeFailed) as caught:
        gathering.value(probe(needing, need=probe(snapshot)))
    assert str(caught.value) == (
        f"the probe test_probe.snapshot could not go on: KeyError: 'ttl_seconds' (test_probe.py:{line})"
    )
    assert caught.value.__suppress_context__


def test_no_probe_is_begun_on_a_target_that_is_not_reached():
    begun = []

    async def looks():
        begun.append(True)

    gathering = Gathering(Run(Unreachable("not ready within 1 s")))
    with pytest.raises(Unreachable, match="not ready within 1 s"):
        gathering.value(probe(looks))
    gathering.close()
    assert begun == []


def test_without_waiting_for_the_target_resources_can_be_made():
    gathering = Gathering(Run(Unreachable("not ready")), waits=False)
    assert gathering.value(resource(lambda: "made")) == "made"
    gathering.close()


def test_each_probe_tells_a_story_of_its_own(gathering):
    async def own_story():
        stories.get().append(1)
        return stories.get()

    bottom = probe(own_story)
    assert [gathering.value(node) for node in (bottom, probe(own_story))] == [[1], [1]]


def test_cases_keep_an_error_with_its_own_case(make_exchange):
    fine, error = make_exchange(), NoAnswer("POST /x got no answer, twice")

    async def answers():
        return fine

    async def fails():
        raise error

    cases = asyncio.run(together({"fine": answers(), "broken": fails(), 3: answers()}))
    assert (list(cases), len(cases)) == (["fine", "broken", 3], 3)
    assert (cases["fine"], cases[3]) == (fine, fine)
    with pytest.raises(NoAnswer) as caught:
        _ = cases["broken"]
    assert caught.value is error
    with pytest.raises(KeyError):
        _ = Cases({})["unknown"]


def test_cases_are_called_together():
    barrier = asyncio.Barrier(2)

    async def both():
        return await asyncio.wait_for(together({1: barrier.wait(), 2: barrier.wait()}), 5)

    assert sorted(asyncio.run(both()).values()) == [0, 1]


def test_paths_abreast_know_only_their_own_past_and_the_story_goes_on_with_all(make_exchange):
    begin, first, second = (make_exchange(started=datetime(2026, 1, day, tzinfo=UTC)) for day in (1, 2, 3))
    seen = {}

    async def path(exchange, barrier):
        stories.get().append(exchange)
        await barrier.wait()
        seen[exchange] = [*stories.get()]
        return exchange

    async def story():
        stories.set([begin])
        barrier = asyncio.Barrier(2)
        came = await abreast([path(second, barrier), path(first, barrier)])
        return came, stories.get()

    assert asyncio.run(story()) == ([second, first], [begin, first, second])
    assert seen == {first: [begin, first], second: [begin, second]}


def test_error_on_a_path_is_raised_once_the_others_have_ended():
    ended = []

    async def fails():
        raise NoAnswer("POST /x got no answer, twice")

    async def goes_on():
        await asyncio.sleep(0)
        ended.append(True)

    with pytest.raises(NoAnswer):
        asyncio.run(abreast([fails(), goes_on()]))
    assert ended == [True]


def test_close_cancels_what_is_still_out_and_ends_the_thread():
    begun, cancelled = threading.Event(), []

    async def endless():
        begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.append(True)
            raise

    before = set(threading.enumerate())
    gathering = Gathering(Run())
    gathering.submit([probe(endless)])
    assert begun.wait(5)
    gathering.close()
    gathering.close()
    assert cancelled == [True]
    assert set(threading.enumerate()) <= before


def test_error_that_nobody_asks_for_is_printed_nowhere(caplog):
    async def last():
        pass

    gathering, node = Gathering(Run()), probe(last)
    gathering.submit([raising(RuntimeError("holds a secret"))])
    gathering.value(node)
    gathering.close()
    with caplog.at_level(logging.ERROR):
        del gathering
        gc.collect()
    assert caplog.messages == []


def test_what_was_cancelled_was_not_gathered(gathering):
    began = threading.Event()

    async def endless():
        began.set()
        await asyncio.Event().wait()

    async def brief():
        pass

    brief_one, endless_one = probe(brief), probe(endless)
    gathering.submit([brief_one, endless_one])
    gathering.value(brief_one)
    assert began.wait(5)
    assert gathering.progress() == (1, 2, endless_one.title)
    assert gathering.call(gathering.halt()).result(5) is True
    assert [one.node for one in gathering.gathered] == [brief_one]
    assert gathering.progress() == (1, 2, "")
