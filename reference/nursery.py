"""Many deployments, one after another, without the imports of each: python -m reference.nursery SOCKET.

It imports all that a deployment needs, puts one together for nobody, listens on a Unix socket, and forks a deployment
for each client (reference/hatch.py) that sends its arguments, environment and standard streams. What the one for nobody
changes in the process, all the others inherit. It ends when its standard input does.
"""

import contextlib
import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
from typing import NoReturn

from reference import serving
from reference.__main__ import main
from reference.settings import Settings

NEEDED = ("httpx", "reference.faults", "reference.variants")
LARGEST = 1 << 20  # bytes of arguments and environment


def serve(path: str) -> None:
    """Forks a deployment for each client, until standard input ends."""
    for name in NEEDED:
        importlib.import_module(name)
    serving.rehearse(Settings.read({"SERVER_DEV_MODE": "true"}))
    gc.disable()  # a deployment lives for seconds, and collecting would copy what it shares with the others
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # children are not waited for
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(path)
        listener.listen()
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while True:
            readable, _, _ = select.select([sys.stdin, listener], [], [])
            if sys.stdin in readable:
                return
            client, _ = listener.accept()
            message, streams, _, _ = socket.recv_fds(client, LARGEST, 3)
            if os.fork() == 0:
                listener.close()
                _become(client, message, streams)
            client.close()
            for stream in streams:
                os.close(stream)


def _become(client: socket.socket, message: bytes, streams: list[int]) -> NoReturn:
    """In the child: be the deployment that the client would have been."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    given = json.loads(message)
    for standard, stream in enumerate(streams):
        os.dup2(stream, standard)
    os.environ.clear()
    os.environ.update(given["environment"])
    os.chdir(given["directory"])
    sys.argv[1:] = given["arguments"]
    try:
        code = main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    with contextlib.suppress(OSError):  # the client may be gone: who started it need not wait for its end
        client.send(bytes([code]))
    os._exit(code)  # without the tidying up of an interpreter, which takes as long as the start


if __name__ == "__main__":
    serve(sys.argv[1])
