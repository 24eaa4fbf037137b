"""Short ways to an environment, a recorded exchange and a small real server, for the tests of the harness."""

import asyncio
import itertools
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import jwt
import pytest
from hypothesis import settings
from selfcheck import catalogue, matrix, runs

from harness.environment import Environment
from harness.evidence.exchange import Exchange
from harness.evidence.ledger import Ledger
from harness.sections import File
from harness.target.api import Api
from harness.target.players import Player
from harness.target.transport import Transport

settings.register_profile("house", deadline=None)  # a busy machine is no failure
settings.load_profile("house")
STARTED = datetime(2026, 11, 23, 1, 2, 3, tzinfo=UTC)


class Request(NamedTuple):
    """What the small server got; `connection` counts from 1, `send` sends bytes ahead of the answer."""

    connection: int
    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    send: Callable[[bytes], None]


class Meeting(NamedTuple):
    """The harness's side of a small server."""

    environment: Environment
    transport: Transport
    api: Api
    ledger: Ledger
    url: httpx.URL


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--whole", metavar="DIR", help="selfcheck with every fault and variant; matrix in DIR")


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("whole", None) and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Selfcheck(Path(config.getoption("whole"))))


class Selfcheck:
    """Joins what the runs of a whole selfcheck left into the kill matrix; in the controlling process only."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.lines = folder, list[str]()
        self.began = time.time()

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        rows = matrix.saved(self.folder, since=self.began)
        if not rows:
            return
        built = matrix.build(rows, whole=len(rows) == sum(map(len, catalogue.load())))
        (self.folder / "kill-matrix.json").write_text(matrix.as_json(built), "utf-8")
        (self.folder / "kill-matrix.md").write_text(matrix.as_markdown(built), "utf-8")
        self.lines = matrix.as_markdown(built).split("## Faults")[0].splitlines()
        self.lines.append(f"{self.folder}/kill-matrix.md, kill-matrix.json")
        if exitstatus == 0 and not built.holds:
            session.exitstatus = 1

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        for line in self.lines:
            terminalreporter.write_line(line)


@pytest.fixture(autouse=True, scope="session")
def no_step_summary() -> Iterator[None]:
    """Runs that tests start have nothing to say in the summary of the build that runs the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("GITHUB_STEP_SUMMARY", raising=False)
        yield


# What the server says: (status, JSON value), raw bytes after which it hangs up, or None to hang up at once.
Answer = Callable[[Request], Awaitable[tuple[int, Any] | bytes | None]]


@asynccontextmanager
async def serve(answer: Answer, **where: Any) -> AsyncIterator[str]:
    """A server on a free port that lets `answer` speak; gives its origin."""
    numbers = itertools.count(1)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number = next(numbers)
        try:
            while True:
                first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
                headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                said = await answer(Request(number, *first.split(" ")[:2], headers, body, writer.write))
                if not isinstance(said, tuple):
                    writer.write(said or b"")
                    return
                content = json.dumps(said[1]).encode()
                writer.write(
                    b"HTTP/1.1 %d X\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
                    % (said[0], len(content), content)
                )
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass  # the client has gone, or the test is over
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    server = await asyncio.start_server(talk, **(where or {"host": "127.0.0.1", "port": 0}))
    try:
        yield "http://{}:{}".format(*server.sockets[0].getsockname())
    finally:
        server.close()


@pytest.fixture
def serving() -> Callable[..., Any]:
    """`async with serving(answer) as origin`."""
    return serve


@pytest.fixture(scope="session")
def make_environment() -> Callable[..., Environment]:
    """An environment from its sections."""

    def make(variables: dict[str, str] | None = None, **sections: Any) -> Environment:
        file = File.model_validate({"target": {"base_url": "http://target.invalid"}, **sections})
        return Environment("test", Path("test.toml"), file, variables or {})

    return make


@pytest.fixture
def meet(make_environment: Callable[..., Environment], tmp_path: Path) -> Callable[..., Any]:
    """Run `work(meeting)` against a server that speaks `answer`; gives what `work` returns."""

    def meet(answer: Answer, work: Callable[[Meeting], Awaitable[Any]], **sections: Any) -> Any:
        async def main() -> Any:
            environment, ledger = make_environment(**sections), Ledger(tmp_path / "ledger.jsonl")
            transport = Transport(environment, ledger)
            try:
                async with serve(answer) as origin:
                    api = Api(environment, transport, origin)
                    return await work(Meeting(environment, transport, api, ledger, httpx.URL(origin + "/x")))
            finally:
                await transport.close()
                ledger.close()

        return asyncio.run(main())

    return meet


@pytest.fixture(scope="session")
def make_exchange() -> Callable[..., Exchange]:
    """A recorded exchange that answered `content`; `recorded` replaces any of its fields."""

    def make(content: Any = b"{}", status: int = 200, **recorded: Any) -> Exchange:
        fields: dict[str, Any] = {
            "method": "GET",
            "url": httpx.URL("http://target.invalid/api/health"),
            "sent_headers": (),
            "sent_body": b"",
            "response": httpx.Response(
                status, headers={"X-Kind": "test", "Content-Type": "application/json"}
            ),
            "content": content if isinstance(content, bytes) else json.dumps(content).encode(),
            "started": STARTED,
            "elapsed": timedelta(milliseconds=200),
        }
        return Exchange(**fields | recorded)

    return make


@pytest.fixture(scope="session")
def make_player(make_exchange: Callable[..., Exchange]) -> Callable[..., Player]:
    """A player whose token holds `claims`, signed with `secret`."""

    def make(secret: str, **claims: Any) -> Player:
        return Player("smoke_1", "password", jwt.encode(claims, secret, "HS256"), make_exchange())

    return make


@pytest.fixture(scope="session")
def command():
    """How to start the reference deployment without its imports: from a nursery, see reference/nursery.py."""
    with tempfile.TemporaryDirectory(prefix="nursery") as place:
        nursery = subprocess.Popen(
            [sys.executable, "-m", "reference.nursery", f"{place}/socket"],
            cwd=runs.ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert nursery.stdout.readline() == b"ready\n"
        yield ["{python}", "-S", "-E", "reference/hatch.py", f"{place}/socket", "--until-eof"]
        nursery.communicate()


# --- the whole suite as its users start it


@dataclass(frozen=True)
class Ended:
    """A run that ended: exit code, all it printed, and where its reports are."""

    code: int
    said: str
    reports: Path

    @property
    def verdict(self):
        return self.verdict_of("")

    def verdict_of(self, phase):
        return json.loads((self.reports / phase / "verdict.json").read_text("utf-8"))

    @property
    def outcomes(self):
        return {item["id"]: item["outcome"] for item in self.verdict["items"]}

    @property
    def last_words(self):
        """The decision, as it stands in the terminal."""
        return re.findall(r"^(GO|NO-GO|INCONCLUSIVE|UNREACHABLE|PARTIAL): ", self.said, re.MULTILINE)


@pytest.fixture(scope="session")
def suite(tmp_path_factory):
    """Run the suite; `env` is a name, or the text of an environment file. Default: local, without the web client,
    whose visits take longer than all the rest."""

    def run(*arguments, env=None, variables=(), cwd=runs.ROOT, reports=None):
        folder = reports or tmp_path_factory.mktemp("run")
        name = "local" if env is None else "custom" if "\n" in env else env
        if name != env:
            (folder / f"{name}.toml").write_text(env or catalogue.LOCAL, "utf-8")
            env = str(folder / f"{name}.toml")
        command = [
            sys.executable,
            "-m",
            "pytest",
            f"--env={env}",
            f"--reports={folder}",
            "--fuzz-examples=2",
            "--fuzz-seconds=600",  # a busy machine is no failure
            "-p",
            "no:cacheprovider",
        ]
        ended = subprocess.run(
            [*command, *arguments],
            cwd=cwd,
            env={**os.environ, **dict(variables)},
            capture_output=True,
            text=True,
            timeout=120,
        )
        return Ended(ended.returncode, ended.stdout + ended.stderr, folder / name)

    return run


@pytest.fixture
def free_port():
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="session")
def extra_module(tmp_path_factory):
    """A copy of the project with one more module of checks, from which the suite is run."""

    def make(text, place="smoke/test_more.py"):
        copy = tmp_path_factory.mktemp("copy")
        names = "conftest.py pytest.ini harness runbook predeploy smoke contracts postdeploy environments reference"
        for name in names.split():
            (copy / name).symlink_to(runs.ROOT / name)
        folder = copy / Path(place).parent
        if folder.is_symlink():
            folder.unlink()
            shutil.copytree(runs.ROOT / Path(place).parent, folder)
        folder.mkdir(exist_ok=True)
        (copy / place).write_text(text, "utf-8")
        return copy

    return make
