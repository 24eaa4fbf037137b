"""Where a client is, whether it routes by the path or by the hash."""

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from harness.paths import Paths


@dataclass(frozen=True)
class Place:
    """A screen's route, without a slash at its end, and the query, wherever in the URL it stands."""

    route: str
    query: tuple[tuple[str, str], ...] = ()

    @property
    def source(self) -> str | None:
        """What the query calls the source."""
        return dict(self.query).get("source")


def place(url: str) -> Place:
    """The place that a URL shows."""
    parts = urlsplit(url)
    query = parse_qsl(parts.query, keep_blank_values=True)
    path, hashed = parts.path, parts.fragment.removeprefix("!")
    if hashed.startswith("/"):
        inner = urlsplit(hashed)
        query += parse_qsl(inner.query, keep_blank_values=True)
        path = f"{path.rstrip('/')}#{inner.path}"
    return Place(path.rstrip("/"), tuple(query))


def of_the_api(prefix: str, paths: Paths) -> re.Pattern[str]:
    """Matches the URL of every call of [paths], at whatever host a client asks for it."""
    templates = [re.escape(prefix + getattr(paths, name)) for name in type(paths).model_fields]
    calls = "|".join(re.sub(r"\\{\w+\\}", "[^/?#]+", template) for template in templates)
    return re.compile(rf"^https?://[^?#]*({calls})([?#]|$)")
