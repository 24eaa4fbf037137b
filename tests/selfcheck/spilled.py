"""A plugin for a run that tells every secret it gets to know to the file SPILLED: `-p tests.selfcheck.spilled`.

Each is a line of JSON: [name, value].
"""

import json
import os
from pathlib import Path

from harness.evidence.secrets import Secrets

_add = Secrets.add


def add(self: Secrets, value: str, name: str, loggable: bool = False) -> None:
    with Path(os.environ["SPILLED"]).open("a", encoding="utf-8") as file:
        file.write(json.dumps([name, value]) + "\n")
    _add(self, value, name, loggable)


Secrets.add = add  # type: ignore[method-assign]
