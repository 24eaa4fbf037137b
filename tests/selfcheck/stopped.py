"""A plugin for a run that is stopped when it has written a number of lines to its ledger: `-p selfcheck.stopped`.

STOPPED_AFTER is that number, or `clean-up`: when the first grant has been taken back. STOPPED_BY is the signal, or
several: each further one follows when another grant has been taken back. Every player that the run gets is told to the
file STOPPED_PLAYERS.
"""

import os
from pathlib import Path
from typing import Any

from harness.evidence.ledger import Ledger
from harness.target.grants import TAKEN_BACK
from harness.target.players import Player, Players

_left = [int(each) for each in os.environ["STOPPED_BY"].split()]
_heard: list[int] = []
_record, _player = Ledger.record, Players._player


def record(self: Ledger, kind: str, **facts: Any) -> None:
    _record(self, kind, **facts)
    after = os.environ["STOPPED_AFTER"]
    is_due = str(len(self.entries)) == after or (kind == TAKEN_BACK and (_heard or after == "clean-up"))
    if is_due and _left:
        _heard.append(_left[0])
        os.kill(os.getpid(), _left.pop(0))


def player(self: Players, username: str, password: str, answer: Any) -> Player:
    with Path(os.environ["STOPPED_PLAYERS"]).open("a", encoding="utf-8") as file:
        file.write(f"{username} {password}\n")
    return _player(self, username, password, answer)


Ledger.record, Players._player = record, player  # type: ignore[method-assign]
