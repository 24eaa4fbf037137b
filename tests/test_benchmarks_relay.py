"""The relay of the benchmarks: passes everything on, later, or resets the connection instead."""

import asyncio

import pytest

from benchmarks.delayed import relay


async def echo(reader, writer):
    while piece := await reader.read(1000):
        writer.write(piece.upper())
    writer.close()


def said(*pieces, add_s=0.0, resets=lambda: False):
    """What comes back through a relay, and how long that took in seconds."""

    async def talk():
        loop = asyncio.get_running_loop()
        listening = await asyncio.start_server(echo, "127.0.0.1", 0)
        async with listening:
            origin = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
            port = int((await relay(origin, add_s, resets)).rpartition(":")[2])
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            began, heard = loop.time(), b""
            for piece in pieces:
                writer.write(piece)
                heard += await reader.readexactly(len(piece))
            writer.close()
            return heard, loop.time() - began

    return asyncio.run(talk())


def test_everything_is_passed_on_in_order():
    assert said(b"one ", b"two ", b"three")[0] == b"ONE TWO THREE"


def test_each_answer_comes_later():
    heard, seconds = said(b"a", b"b", b"c", add_s=0.02)
    assert heard == b"ABC"
    assert seconds >= 3 * 0.02


def test_a_chosen_piece_resets_the_connection():
    with pytest.raises(ConnectionResetError):
        said(b"lost", resets=lambda: True)


def test_only_the_chosen_piece_does():
    choices = iter([False, True])
    with pytest.raises(ConnectionResetError):
        said(b"passed on", b"lost", resets=lambda: next(choices))
    assert next(choices, "both were asked for") == "both were asked for"
