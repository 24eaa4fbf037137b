"""A plugin for a run that is stopped when it has written a number of lines to its ledger: `-p selfcheck.stopped`.

STOPPED_AFTER is that number, STOPPED_BY the signal; every player that the run gets is told to the file STOPPED_PLAYERS.
"""

import os
from pathlib import Path
from typing import Any

from harness.evidence.ledger import Ledger
from harness.target.players import Player, Players

_record, _player = Ledger.record, Players._player


def record(self: Ledger, kind: str, **facts: Any) -> None:
    _record(self, kind, **facts)
    if len(self.entries) == int(os.environ["STOPPED_AFTER"]):
        os.kill(os.getpid(), int(os.environ["STOPPED_BY"]))


def player(self: Players, username: str, password: str, answer: Any) -> Player:
    with Path(os.environ["STOPPED_PLAYERS"]).open("a", encoding="utf-8") as file:
        file.write(f"{username} {password}\n")
    return _player(self, username, password, answer)


Ledger.record, Players._player = record, player  # type: ignore[method-assign]
