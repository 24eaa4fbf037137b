"""A process that is tried out: what it prints, where it listens, and its end."""

import asyncio
import json
import os
import signal
import socket
from collections.abc import Collection
from contextlib import suppress

GONE_WITHIN_S = 5  # after it was asked to end
LOOKS_S = 0.02  # between two looks whether it has ended
MOST = 4 * 1024 * 1024  # bytes of each stream that are kept


class Heard:
    """What a process prints."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        assert process.stderr is not None
        self._process, self._more = process, asyncio.Event()
        self._output, self._errors = bytearray(), bytearray()
        self._readers = [
            asyncio.ensure_future(self._read(process.stdout, self._output)),
            asyncio.ensure_future(self._read(process.stderr, self._errors)),
        ]

    @property
    def text(self) -> str:
        """All of it, first what it wrote on its standard output."""
        return (self._output + self._errors).decode("utf-8", "replace")

    async def place(self) -> str:
        """The origin in the line of JSON that it prints first; waits for ever where that is none."""
        while b"\n" not in self._output:
            await self._news()
        try:
            return str(json.loads(self._output.partition(b"\n")[0])["base_url"])
        except (ValueError, KeyError, TypeError):
            return await asyncio.Future()

    async def until(self, said: Collection[str], within_s: float) -> None:
        """Wait for these texts."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                while not all(each in self.text for each in said):
                    await self._news()

    async def out(self) -> None:
        """Wait for the rest; what a process leaves behind may keep its output open."""
        await asyncio.wait(self._readers, timeout=GONE_WITHIN_S)
        if not all(reader.done() for reader in self._readers):
            for reader in self._readers:
                reader.cancel()
            self._process._transport.close()  # type: ignore[attr-defined] # there is no public way

    async def _news(self) -> None:
        self._more.clear()
        await self._more.wait()

    async def _read(self, stream: asyncio.StreamReader, into: bytearray) -> None:
        while chunk := await stream.read(65536):
            into += chunk[: MOST - len(into)]
            self._more.set()


async def listening(port: int) -> str:
    """The origin of a port of this machine, once somebody listens there."""
    pause = 0.02
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, 0.5)
        else:
            writer.close()
            return f"http://127.0.0.1:{port}"


async def ended(process: asyncio.subprocess.Process) -> None:
    """Wait for its end; asyncio's own wait goes on while something else holds its output open."""
    while process.returncode is None:
        await asyncio.sleep(LOOKS_S)


async def stop(process: asyncio.subprocess.Process) -> None:
    """Ask the process to end, and end by force what is left of it and of all that it started."""
    if process.returncode is None:
        assert process.stdin is not None
        process.stdin.close()
        with suppress(ProcessLookupError):
            process.terminate()
        with suppress(TimeoutError):
            async with asyncio.timeout(GONE_WITHIN_S):
                await ended(process)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    await ended(process)


def free_port() -> int:
    """A port on which nobody listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
