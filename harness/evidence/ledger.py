"""What the run writes on the target, noted before each write."""

import fcntl
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from harness.errors import ConfigError, Unprovable

Entry = dict[str, Any]


class Ledger:
    """Lines of JSON in `path`, and the same entries in memory: {"time", "kind", ...}.

    `keep`: given by the process that begins a run, chooses what stays of the lines that earlier runs left there;
    they are in `earlier`. While another run writes to the same file, nothing is touched, and `earlier` is empty.
    `accounts`: the usernames of the accounts that this run made.
    """

    def __init__(self, path: Path, keep: Callable[[list[Entry]], list[Entry]] | None = None) -> None:
        self.entries: list[Entry] = []
        self.accounts: set[str] = set()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("ab", buffering=0)
        except OSError as error:
            raise ConfigError(
                "--reports", f"{path} cannot be written ({error.strerror})", "name another folder"
            ) from None
        self.earlier = self._begin(path, keep) if keep is not None else []
        fcntl.flock(self._file, fcntl.LOCK_SH)  # until the process ends, however it does

    def record(self, kind: str, **facts: Any) -> None:
        """Note a write that is about to happen; it is on disk when this returns.

        Raises Unprovable where it cannot be noted, for then it may not happen.
        """
        entry = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "kind": kind, **facts}
        try:
            self._file.write(_line(entry))
        except OSError as error:
            reason = f"ledger.jsonl cannot be written ({error.strerror}), and no write goes unnoted"
            raise Unprovable(reason, "see to the disk, and run again") from None
        self.entries.append(entry)
        if kind == "account":
            self.accounts.add(facts["username"])

    def close(self) -> None:
        self._file.close()

    def _begin(self, path: Path, keep: Callable[[list[Entry]], list[Entry]]) -> list[Entry]:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return []
        earlier = keep(_read(path))
        self._file.truncate(0)
        self._file.write(b"".join(map(_line, earlier)))
        return earlier


def _line(entry: Entry) -> bytes:
    return f"{json.dumps(entry)}\n".encode()


def _read(path: Path) -> list[Entry]:
    """The entries of a file; a line that a run did not finish to write is none."""
    entries = []
    for line in path.read_text("utf-8", "replace").splitlines():
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(entry, dict) and "kind" in entry:
            entries.append(entry)
    return entries
