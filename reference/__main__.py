"""Starts the reference deployment: python -m reference."""

import argparse
import json
import os
import socket
import sys

from reference import choices, logs
from reference.logs import log
from reference.release import TELLS, Release
from reference.settings import Settings, StartRefused


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m reference", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="of the backend; 0: a free one")
    parser.add_argument("--revenuecat-port", type=int, default=0, help="of the stand-in; 0: a free one")
    parser.add_argument("--database", default=":memory:", help="an SQLite file; default: in memory")
    parser.add_argument("--until-eof", action="store_true", help="also stop when stdin ends")
    parser.add_argument("--access-log", action="store_true", help="log each request")
    parser.add_argument("--fault", action="append", default=[], metavar="NAME", help="break a promise")
    parser.add_argument("--variant", action="append", default=[], metavar="NAME", help="choose differently")
    parser.add_argument("--catalogue", action="store_true", help="print the faults and variants, and end")
    parser.add_argument("--release", choices=TELLS, help="say what the release brings along, and end")
    arguments = parser.parse_args()
    if arguments.catalogue:
        sys.stdout.write(json.dumps(choices.catalogue()) + "\n")
        return 0
    handler = logs.start()
    environ = dict(os.environ)
    try:
        changes = choices.chosen(arguments.fault, arguments.variant, environ)
        if arguments.release:
            return _told(arguments.release, changes)
        for change in changes:
            change.apply("start", handler=handler, environ=environ)
        settings = Settings.read(environ, arguments.database)
        backend = _bound(arguments.host, arguments.port)
        revenuecat = _bound(arguments.host, arguments.revenuecat_port)
        front = _bound(arguments.host, 0) if settings.redirect_front else None
    except StartRefused as problem:
        log.error("Refusing to start: %s", problem)
        return 1
    log.info("SERVER_DEV_MODE=%s", str(settings.dev_mode).upper())
    if settings.dev_mode:
        if not settings.revenuecat_secret_key:
            log.warning("REVENUECAT_SECRET_KEY not configured")
    else:
        log.info("Production configuration validated")

    from reference.serving import run  # late: a refusal need not wait for the web framework

    options = {"until_eof": arguments.until_eof, "access_log": arguments.access_log}
    run(settings, backend, revenuecat, changes, front=front, **options)
    return 0


def _told(what: str, changes: list[choices.Choice]) -> int:
    release = Release()
    for change in changes:
        change.apply("release", release=release)
    return release.tell(what)


def _bound(host: str, port: int) -> socket.socket:
    # asyncio sets TCP_NODELAY only where the protocol is named; without it each answer takes 40 ms.
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
    except OSError as problem:
        raise StartRefused(f"{host} port {port}: {problem.strerror}") from None
    return sock


if __name__ == "__main__":
    sys.exit(main())
