"""A deployment from a nursery: python -S -E reference/hatch.py SOCKET [arguments of python -m reference].

It hands its standard streams to the deployment and ends with it. Only built-in modules: it starts in no time.
"""

import json
import os
import socket
import sys

with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as nursery:
    nursery.connect(sys.argv[1])
    given = {"arguments": sys.argv[2:], "environment": dict(os.environ), "directory": os.getcwd()}
    socket.send_fds(nursery, [json.dumps(given).encode()], [0, 1, 2])
    code = nursery.recv(1)
sys.exit(code[0] if code else 1)
