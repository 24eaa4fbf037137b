"""The process that makes requests up: its answers are those of this process, and it ends with whoever started it."""

import asyncio
import io
import json
import pickle

import pytest

from harness.contract import generating, making
from harness.contract.document import operations
from harness.contract.making import LENGTH, Maker
from harness.errors import ProbeFailed

VIP = operations()["POST /api/vip/purchase"]
LOGIN = operations()["POST /api/auth/login"]


@pytest.fixture(autouse=True)
def _nothing_ready(monkeypatch):
    monkeypatch.setattr(making, "_ready", {})


def run(work):
    """Work with a maker, which is closed after it."""

    async def all_of_it():
        maker = Maker()
        try:
            return await work(maker)
        finally:
            await maker.close()

    return asyncio.run(all_of_it())


def test_what_comes_from_the_process_is_what_is_made_here():
    async def both(maker):
        return await asyncio.gather(maker.made_up("valid", VIP, 1, 2), maker.made_up("invalid", LOGIN, 1, 2))

    assert run(both) == [generating.valid(VIP, 1, 2), generating.invalid(LOGIN, 1, 2)]


def test_what_was_prepared_needs_no_process():
    making.prepare("valid", VIP, 1, 2)

    async def ask(maker):
        return await maker.made_up("valid", VIP, 1, 2), maker._process

    assert run(ask) == (generating.valid(VIP, 1, 2), None)


def test_error_in_the_process_is_told():
    unknown = VIP.__class__("vip_purchase", "POST", "/api/unknown", False, True)
    with pytest.raises(ProbeFailed, match=r"^requests could not be made up: KeyError: 'POST /api/unknown'$"):
        run(lambda maker: maker.made_up("valid", unknown, 1, 2))


def test_process_that_is_gone_is_told():
    async def killed(maker):
        maker._process = await maker._start()
        maker._process.kill()
        await maker._process.wait()
        await maker.made_up("valid", VIP, 1, 2)

    with pytest.raises(ProbeFailed, match=r"^the process that makes requests up ended"):
        run(killed)


def test_process_ends_with_its_input():
    async def ended(maker):
        maker._process = await maker._start()
        maker._process.stdin.close()
        return await asyncio.wait_for(maker._process.wait(), 30)

    assert run(ended) == 0


def test_answers_are_whole_and_in_order():
    output = io.BytesIO()
    keys = [["valid", VIP.label, 1, 2], ["valid", "GET /nowhere", 1, 2]]
    making._answer([json.dumps(key).encode() for key in keys], output)
    output.seek(0)
    answers = [pickle.loads(output.read(LENGTH.unpack(output.read(LENGTH.size))[0])) for _ in keys]
    assert answers == [generating.valid(VIP, 1, 2), "KeyError: 'GET /nowhere'"]
