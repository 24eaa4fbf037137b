"""A plugin for a run that is stopped when it has written a number of lines to its ledger: `-p selfcheck.stopped`.

STOPPED_AFTER is that number, STOPPED_BY the signal, or several: each further one follows when a grant has been taken
back. Every player that the run gets is told to the file STOPPED_PLAYERS.
"""

import os
from pathlib import Path
from typing import Any

from harness.evidence.ledger import Ledger
from harness.target.grants import TAKEN_BACK
from harness.target.players import Player, Players

_left = [int(each) for each in os.environ["STOPPED_BY"].split()]
_record, _player = Ledger.record, Players._player


def record(self: Ledger, kind: str, **facts: Any) -> None:
    _record(self, kind, **facts)
    if _left and (len(self.entries) == int(os.environ["STOPPED_AFTER"]) or kind == TAKEN_BACK):
        os.kill(os.getpid(), _left.pop(0))


def player(self: Players, username: str, password: str, answer: Any) -> Player:
    with Path(os.environ["STOPPED_PLAYERS"]).open("a", encoding="utf-8") as file:
        file.write(f"{username} {password}\n")
    return _player(self, username, password, answer)


Ledger.record, Players._player = record, player  # type: ignore[method-assign]
