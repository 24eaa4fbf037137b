"""Both servers in one event loop: the backend, and the RevenueCat stand-in that it calls over HTTP."""

import asyncio
import contextlib
import importlib
import json
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import uvicorn
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from reference.app import build
from reference.choices import Choice
from reference.logs import log
from reference.posthog import posthog_routes
from reference.project import Project
from reference.sentry import sentry_routes
from reference.settings import Settings
from reference.stand_in import stand_in

STOP_WITHIN_S = 0.4


class Server(uvicorn.Server):
    """A server that tells when it listens, and leaves signals to the process."""

    def __init__(self, app: Any, access_log: bool) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                loop="asyncio",
                http="httptools",
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=access_log,
                proxy_headers=False,  # or a header could name the address that logout is throttled by
                server_header=False,
            )
        )
        self.ready = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


def run(
    settings: Settings,
    backend: socket.socket,
    revenuecat: socket.socket,
    changes: Sequence[Choice] = (),
    *,
    front: socket.socket | None,
    until_eof: bool,
    access_log: bool,
) -> None:
    """Serves until SIGTERM, SIGINT or, if asked, the end of stdin. `front`: redirects to the backend."""
    asyncio.run(_serve(settings, backend, revenuecat, changes, front, until_eof, access_log))


def rehearse(settings: Settings) -> None:
    """Everything up to listening, for nobody: what is imported and compiled only then is there for the next start."""
    # With an access log: uvicorn would switch it off for the whole process, and for all that is forked from it.
    Server(build(settings), access_log=True).config.load()
    Server(stand_in(settings.revenuecat_secret_key, Project("")), access_log=True).config.load()


async def _serve(
    settings: Settings,
    backend: socket.socket,
    revenuecat: socket.socket,
    changes: Sequence[Choice],
    front: socket.socket | None,
    until_eof: bool,
    access_log: bool,
) -> None:
    urls = {"base_url": _url(backend), "revenuecat_url": _url(revenuecat)}
    settings = replace(settings, revenuecat_base_url=settings.revenuecat_base_url or urls["revenuecat_url"])
    project = Project(f"{urls['base_url']}{settings.api_prefix}/webhooks/revenuecat")
    for change in changes:
        change.apply("project", project=project)
    app = build(settings, changes)
    others = stand_in(settings.revenuecat_secret_key, project)
    others.include_router(sentry_routes(app.state.parts.sentry))
    others.include_router(posthog_routes(app.state.parts.posthog))
    servers = {Server(app, access_log): backend, Server(others, access_log): revenuecat}
    if front is not None:
        servers[Server(_redirecting_to(urls["base_url"]), access_log)] = front
        urls["base_url"] = _url(front)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if until_eof:
        threading.Thread(target=_wait_for_eof, args=(loop, stop), daemon=True).start()
    tasks = [asyncio.create_task(server.serve([sock])) for server, sock in servers.items()]
    for server in servers:
        await server.ready.wait()
    log.info("Backend at %s, RevenueCat stand-in at %s", *urls.values())
    sys.stdout.write(json.dumps(urls) + "\n")
    sys.stdout.flush()
    # The first purchase would otherwise wait for this.
    loop.run_in_executor(None, importlib.import_module, "httpx")
    await stop.wait()
    log.info("Stopping")
    for server in servers:
        server.should_exit = server.force_exit = True
    await asyncio.wait(tasks, timeout=STOP_WITHIN_S)


def _redirecting_to(origin: str) -> ASGIApp:
    async def redirect(scope: Scope, receive: Receive, send: Send) -> None:
        query = f"?{scope['query_string'].decode()}" if scope["query_string"] else ""
        await RedirectResponse(f"{origin}{scope['path']}{query}", 308)(scope, receive, send)

    return redirect


def _url(sock: socket.socket) -> str:
    host, port = sock.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _wait_for_eof(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    # os.read, not sys.stdin: a thread that waits inside a buffered reader would hold up the exit.
    while os.read(0, 4096):
        pass
    with contextlib.suppress(RuntimeError):  # the loop is closed: we are stopping already
        loop.call_soon_threadsafe(stop.set)
