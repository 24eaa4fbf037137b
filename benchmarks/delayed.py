"""Starts a target and adds a delay to every answer: python -m benchmarks.delayed --add-ms=100 COMMAND...

COMMAND prints one JSON line of origins, as the reference deployment does; this prints the same line with relays in
their place. It passes on bytes and knows nothing of HTTP. With --reset=0.02 one piece of a request in fifty is not
passed on, and its connection reset.
"""

import argparse
import asyncio
import json
import random
import socket
import struct
import sys
from collections.abc import Callable
from functools import partial
from urllib.parse import urlsplit

SEED = 20261123
LINGER_NOT = struct.pack("ii", 1, 0)  # closing such a socket resets its connection


async def serve(add_s: float, command: list[str], reset: float = 0.0) -> int:
    """Until the command ends; its standard input is ours."""
    target = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert target.stdout is not None
    line = await target.stdout.readline()
    dice = random.Random(SEED)
    if line:
        origins = {
            name: await relay(origin, add_s, lambda: dice.random() < reset)
            for name, origin in json.loads(line).items()
        }
        sys.stdout.write(json.dumps(origins) + "\n")
        sys.stdout.flush()
    return await target.wait()


async def relay(origin: str, add_s: float, resets: Callable[[], bool] = lambda: False) -> str:
    """The origin of a new relay to `origin`; `resets` decides about each piece of a request."""
    host, _, port = urlsplit(origin).netloc.rpartition(":")
    server = await asyncio.start_server(partial(connect, host, int(port), add_s, resets), "127.0.0.1", 0)
    return f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def connect(
    host: str,
    port: int,
    add_s: float,
    resets: Callable[[], bool],
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
) -> None:
    """One connection, from beginning to end."""
    there, to_there = await asyncio.open_connection(host, port)

    def reset() -> bool:
        if chosen := resets():
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NOT)
            writer.transport.abort()
        return chosen

    await asyncio.gather(pass_on(reader, to_there, 0.0, reset), pass_on(there, writer, add_s))


async def pass_on(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    add_s: float,
    stops: Callable[[], bool] = lambda: False,
) -> None:
    """Each piece `add_s` after it came, so that a long answer is not delayed more often than a short one.

    Until the other side ends, or `stops` says so of a piece.
    """
    loop = asyncio.get_running_loop()
    pieces: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

    async def send() -> None:
        while (piece := await pieces.get())[1]:
            await asyncio.sleep(piece[0] - loop.time())
            writer.write(piece[1])
            await writer.drain()

    sending = asyncio.create_task(send())
    try:
        while (piece := await reader.read(65_536)) and not stops():
            pieces.put_nowait((loop.time() + add_s, piece))
        pieces.put_nowait((0.0, b""))
        await sending
    except ConnectionError:
        sending.cancel()  # one side has gone; so has the exchange
    finally:
        writer.close()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.delayed", description=__doc__)
    parser.add_argument("--add-ms", type=float, required=True)
    parser.add_argument("--reset", type=float, default=0.0, metavar="SHARE")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    arguments = parser.parse_args()
    return asyncio.run(serve(arguments.add_ms / 1000, arguments.command, arguments.reset))


if __name__ == "__main__":
    sys.exit(main())
