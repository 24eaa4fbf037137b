"""What a release brings along beside its backend: the web client's files, its variables, its migrations."""

import re
import secrets
import sys
from collections.abc import Callable
from pathlib import Path

WEB = Path(__file__).parent / "web"
# A module or a style sheet that a file of the client refers to.
REFERENCE = re.compile(r"""(?:from |import |src=|href=)["'](?:\./|/app/)?([\w.-]+\.(?:js|css))["']""")


class Release:
    """`files`: of the web client; `switches`: the variables that it is deployed with; `pending`: migrations to be done;
    `lines`: what is printed before the variables.
    """

    def __init__(self) -> None:
        self.files = {path.name: path.read_text("utf-8") for path in sorted(WEB.iterdir())}
        self.switches = {
            "SERVER_DEV_MODE": "false",
            "REVENUECAT_SECRET_KEY": f"sk_{secrets.token_hex(16)}",
            "REVENUECAT_WEBHOOK_SECRET": f"whsec_{secrets.token_hex(32)}",
            "JWT_SECRET_KEY": secrets.token_hex(32),
            "MONGO_URL": f"mongodb+srv://heroes:{secrets.token_hex(8)}@db.divine-heroes.example/heroes",
            "EXPO_PUBLIC_BACKEND_URL": "https://api.divine-heroes.example",
            "EXPO_PUBLIC_REVENUECAT_IOS_API_KEY": f"appl_{secrets.token_hex(16)}",
            "EXPO_PUBLIC_SENTRY_DSN": f"https://{secrets.token_hex(16)}@o1.ingest.sentry.example/42",
        }
        self.pending: list[str] = []
        self.lines: list[str] = []

    def tell(self, what: str) -> int:
        """Print what a pipeline asks of the release; the exit code."""
        told: dict[str, Callable[[], int]] = {
            "guard": self._guard,
            "switches": self._switches,
            "migrations": self._migrations,
        }
        return told[what]()

    def _guard(self) -> int:
        missing = [
            f"{name} refers to {other}, which is not there"
            for name, text in self.files.items()
            for other in REFERENCE.findall(text)
            if other not in self.files
        ]
        _say(*missing, f"{len(self.files)} files, {len(missing)} broken references")
        return 1 if missing else 0

    def _switches(self) -> int:
        _say(*self.lines, *(f"{name}={value}" for name, value in self.switches.items()))
        return 0

    def _migrations(self) -> int:
        _say(*(f"pending: {name}" for name in self.pending), f"{len(self.pending)} pending")
        return 1 if self.pending else 0


TELLS = ("guard", "switches", "migrations")


def _say(*lines: str) -> None:
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()  # a process from a nursery ends without that
