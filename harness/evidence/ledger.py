"""What the run writes on the target, noted before each write."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from harness.errors import ConfigError


class Ledger:
    """Lines of JSON in `path`, and the same entries in memory: {"time", "kind", ...}."""

    def __init__(self, path: Path) -> None:
        self.entries: list[dict[str, Any]] = []
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("a", encoding="utf-8")
        except OSError as error:
            raise ConfigError(
                "--reports", f"{path} cannot be written ({error.strerror})", "name another folder"
            ) from None

    def record(self, kind: str, **facts: Any) -> None:
        """Note a write that is about to happen; it is on disk when this returns."""
        entry = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "kind": kind, **facts}
        self.entries.append(entry)
        self._file.write(json.dumps(entry) + "\n")
        self._file.flush()

    def close(self) -> None:
        self._file.close()
