"""The forms in which a secret must stand in no output, and where one of them does."""

import base64
import html
import json
import re
from urllib.parse import quote, quote_plus


def forms(secret: str) -> dict[str, str]:
    """A secret in each of the forms in which none may be printed."""
    raw = secret.encode()
    return {
        "plain": secret,
        "url": quote(secret, safe=""),
        "url-path": quote(secret),
        "url-form": quote_plus(secret),
        "url-of-a-browser": quote(secret, safe="!'()*"),
        "url-in-lower-case": re.sub("%..", lambda found: found[0].lower(), quote(secret, safe="")),
        "html": html.escape(secret),
        "json": json.dumps(secret)[1:-1],
        "json-in-unicode": json.dumps(secret, ensure_ascii=False)[1:-1],
        "python": repr(secret)[1:-1],
        "base64": base64.b64encode(raw).decode().rstrip("="),
        "base64-url": base64.urlsafe_b64encode(raw).decode().rstrip("="),
        "hex": raw.hex(),
        "HEX": raw.hex().upper(),
    }


def leaks(texts: dict[str, str], told: dict[str, set[str]]) -> set[tuple[str, str, str]]:
    """What stands where, also if it is split over lines: (output, kind, form).

    `texts`: what is in each output; `told`: the secrets of each kind.
    """
    joined = {name: re.sub(r"\\?\r?\n[ \t]*|\\+n *", "", text) for name, text in texts.items()}
    return {
        (name, kind, form)
        for kind, values in told.items()
        for value in values
        for form, said in forms(value).items()
        for name in texts
        if said in texts[name] or said in joined[name]
    }
