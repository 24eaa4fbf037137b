"""Requests are made up in a process of their own: it takes as much processor time as to send them and to judge."""

import asyncio
import json
import os
import pickle
import struct
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO, Literal

from harness.contract.document import Operation, operations
from harness.contract.written import Request
from harness.errors import ProbeFailed

Kind = Literal["valid", "invalid"]
Key = tuple[Kind, str, int, int]  # kind, operation's label, seed, examples
ROOT = Path(__file__).parents[2]
LENGTH = struct.Struct(">Q")  # of an answer, in bytes
_ready: dict[Key, list[Request]] = {}


def prepare(kind: Kind, operation: Operation, seed: int, examples: int) -> None:
    """Make requests up here and now, for whoever asks for them later in this process."""
    _ready[(kind, operation.label, seed, examples)] = _made(kind, operation.label, seed, examples)


class Maker:
    """The process, started by the first request for something."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()

    async def made_up(self, kind: Kind, operation: Operation, seed: int, examples: int) -> list[Request]:
        """The same list for the same arguments; raises ProbeFailed where it can't be made."""
        key: Key = kind, operation.label, seed, examples
        if key not in _ready:
            async with self._turn:
                _ready[key] = await self._ask(key)
        return _ready[key]

    async def close(self) -> None:
        """End the process, whatever it is at."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    async def _ask(self, key: Key) -> list[Request]:
        process = self._process = self._process or await self._start()
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(json.dumps(key).encode() + b"\n")
            await process.stdin.drain()
            (length,) = LENGTH.unpack(await process.stdout.readexactly(LENGTH.size))
            answer = pickle.loads(await process.stdout.readexactly(length))
        except (asyncio.IncompleteReadError, ConnectionError):
            raise ProbeFailed("the process that makes requests up ended; is there enough memory?") from None
        if isinstance(answer, str):
            raise ProbeFailed(f"requests could not be made up: {answer}")
        made: list[Request] = answer
        return made

    async def _start(self) -> asyncio.subprocess.Process:
        # A session of its own: a Ctrl-C is for the run. Its input ends with the run, however that ends.
        pipe, none = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
        command = sys.executable, "-m", "harness.contract.making"
        return await asyncio.create_subprocess_exec(
            *command, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=none, start_new_session=True
        )


def _made(kind: Kind, label: str, seed: int, examples: int) -> list[Request]:
    from harness.contract import generating  # imports the fuzzer

    make = generating.valid if kind == "valid" else generating.invalid
    return make(operations()[label], seed, examples)


def _answer(asked: Iterable[bytes], output: BinaryIO) -> None:
    """Answer each line, a key as JSON, with pickled requests, or with a text that says what went wrong."""
    for line in asked:
        try:
            answer: object = _made(*json.loads(line))
        except Exception as error:  # noqa: BLE001 (whoever asked says it, and where)
            answer = f"{type(error).__name__}: {error}"
        data = pickle.dumps(answer)
        output.write(LENGTH.pack(len(data)) + data)
        output.flush()


if __name__ == "__main__":
    _output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    _answer(sys.stdin.buffer, _output)
