"""What the run writes on the target, noted before each write."""

import fcntl
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from harness.errors import ConfigError

Entry = dict[str, Any]


class Ledger:
    """Lines of JSON in `path`, and the same entries in memory: {"time", "kind", ...}.

    `keep`: given by the process that begins a run, chooses what stays of the lines that earlier runs left there;
    they are in `earlier`. While another run writes to the same file, nothing is touched, and `earlier` is empty.
    """

    def __init__(self, path: Path, keep: Callable[[list[Entry]], list[Entry]] | None = None) -> None:
        self.entries: list[Entry] = []
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("a", encoding="utf-8")
        except OSError as error:
            raise ConfigError(
                "--reports", f"{path} cannot be written ({error.strerror})", "name another folder"
            ) from None
        self.earlier = self._begin(path, keep) if keep is not None else []
        fcntl.flock(self._file, fcntl.LOCK_SH)  # until the process ends, however it does

    def record(self, kind: str, **facts: Any) -> None:
        """Note a write that is about to happen; it is on disk when this returns."""
        entry = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "kind": kind, **facts}
        self.entries.append(entry)
        self._file.write(json.dumps(entry) + "\n")
        self._file.flush()

    def close(self) -> None:
        self._file.close()

    def _begin(self, path: Path, keep: Callable[[list[Entry]], list[Entry]]) -> list[Entry]:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return []
        earlier = keep(_read(path))
        self._file.truncate(0)
        self._file.writelines(json.dumps(entry) + "\n" for entry in earlier)
        self._file.flush()
        return earlier


def _read(path: Path) -> list[Entry]:
    """The entries of a file; a line that a run did not finish to write is none."""
    entries = []
    for line in path.read_text("utf-8", "replace").splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if isinstance(entry, dict) and "kind" in entry:
            entries.append(entry)
    return entries
