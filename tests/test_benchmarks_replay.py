"""The floor of the checklist: which exchange follows which, and a replay that keeps to it."""

import asyncio
from datetime import timedelta
from types import SimpleNamespace

import pytest

from benchmarks.replay import Replay, Step, depth, steps, waits
from harness.evidence.exchange import now
from harness.evidence.timeline import follows

BEGAN = now()


def exchange(start_ms, end_ms, story=()):
    started = BEGAN + timedelta(milliseconds=start_ms)
    return SimpleNamespace(started=started, elapsed=timedelta(milliseconds=end_ms - start_ms), story=[*story])


def probe(name, *exchanges, needs=(), start=0.0, end=None):
    """`exchanges`: start and end in seconds, and the places of those that it follows."""
    sent = [
        {"start_s": start_s, "elapsed_s": end_s - start_s, "follows": list(after)}
        for start_s, end_s, after in exchanges
    ]
    last = max((end_s for _, end_s, _ in exchanges), default=start)
    return {"name": name, "needs": list(needs), "start_s": start, "end_s": end or last, "exchanges": sent}


def test_first_exchange_follows_none():
    only = exchange(0, 10)
    only.story.append(only)
    assert follows(only, [only]) == []


def test_of_a_sequence_the_last_one_is_followed():
    first, second = exchange(0, 10), exchange(10, 20)
    third = exchange(20, 30, [first, second])
    assert follows(third, [first, second, third]) == [1]


def test_all_that_went_on_together_are_followed():
    first, one, other = exchange(0, 10), exchange(11, 20), exchange(12, 30)
    last = exchange(31, 40, [first, one, other])
    assert follows(last, [first, other, one, last]) == [1, 2]


def test_what_goes_on_beside_it_is_not_followed():
    beside = exchange(0, 15)
    assert follows(exchange(10, 20, [beside]), [beside]) == []


def test_another_branch_is_not_followed_though_it_was_over():
    """It only had to wait for a connection."""
    branch = exchange(0, 10)
    assert follows(exchange(20, 30), [branch]) == []


def test_steps_of_a_probe_end_with_one_of_their_own():
    assert steps([probe("a", (0, 0.02, []), (0.02, 0.04, [0]))], 0.02) == [
        Step((), calls=True),
        Step((0,), calls=True),
        Step((0, 1), calls=False),
    ]


def test_a_probe_stands_on_the_ends_of_its_needs_whatever_the_order():
    found = steps([probe("b", (0.1, 0.12, []), needs=["a"], start=0.1), probe("a", (0, 0.02, []))], 0.02)
    assert found == [Step((), True), Step((0,), False), Step((1,), True), Step((1, 2), False)]


def test_a_probe_without_exchanges_passes_on_what_it_stands_on():
    found = steps([probe("a", (0, 0.02, [])), probe("b", needs=["a"], start=0.02)], 0.02)
    assert found[-1] == Step((1,), False)


def test_only_long_pauses_are_deliberate():
    first, second, end = steps([probe("a", (0.05, 0.07, []), (1.07, 1.39, [0]), end=1.6)], 0.02)
    assert first.waits_s == 0
    assert second.waits_s == pytest.approx(1.0)
    assert second.answers_s == pytest.approx(0.3)
    assert end.waits_s == pytest.approx(0.21)


def test_exchanges_out_of_order_keep_their_dependencies():
    """The list is in the order of the answers: the longest of three that went on together stands last."""
    found = steps([probe("a", (0.0, 0.02, []), (0.03, 0.05, [0]), (0.0, 0.06, []))], 0.02)
    assert [step.after for step in found] == [(), (), (0,), (0, 1, 2)]


def test_depth_and_waits_are_of_the_longest_chain():
    of = [Step((), True, 1.0), Step((), True), Step((1,), True), Step((2, 0), False, 0.5)]
    assert depth(of) == 2
    assert waits(of) == 1.5


class Server:
    """Answers every request, counts how many it holds at once, and keeps the order of arrival."""

    def __init__(self):
        self.held = self.most = self.answered = 0

    async def serve(self, reader, writer):
        while await reader.readline():
            while (await reader.readline()).strip():
                pass
            self.held += 1
            self.most = max(self.most, self.held)
            await asyncio.sleep(0.005)
            self.held -= 1
            self.answered += 1
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        writer.close()


def replayed(of, concurrency):
    async def run():
        kept = Server()
        listening = await asyncio.start_server(kept.serve, "127.0.0.1", 0)
        async with listening:
            origin = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
            return kept, await Replay(origin, of, concurrency).seconds()

    return asyncio.run(run())


def test_replay_makes_every_call_and_keeps_to_the_connections():
    kept, _ = replayed([Step((), True)] * 12, 3)
    assert (kept.answered, kept.most) == (12, 3)


def test_replay_of_a_sequence_holds_one_call_at_a_time():
    kept, seconds = replayed([Step((), True), *(Step((place,), True) for place in range(7))], 8)
    assert (kept.answered, kept.most) == (8, 1)
    assert seconds >= 8 * 0.005


def test_replay_waits_where_the_run_did():
    kept, seconds = replayed([Step((), True, 0.05), Step((0,), False, 0.02)], 1)
    assert kept.answered == 1
    assert seconds >= 0.07
