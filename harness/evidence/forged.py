"""How a reader makes a token again that no output shows: a made-up one, without the claims that it holds."""

import base64
import json
from collections.abc import Mapping

_ELSE = (
    "# <jwt>: forged from a token of your own; docs/reading-a-failure.md says how, by the case in brackets"
)


def how_to_make(headers: Mapping[str, str]) -> str:
    """A comment with the shell's words for the token in `Authorization`, out of a login's in $TOKEN.

    Only of a token that nothing signs: any other takes a key.
    """
    sent = {name.lower(): value for name, value in headers.items()}.get("authorization", "")
    head, _, rest = sent.rpartition(" ")[2].partition(".")
    signature = rest.rpartition(".")[2]
    algorithm = _algorithm(head)
    if algorithm.lower() == "none":
        written = json.dumps({"alg": algorithm, "typ": "JWT"}, separators=(",", ":"))
        encoded = f"$(printf '{written}' | base64 | tr '/+' '_-' | tr -d '=\\n')"
        parts, end = ("2,3", "") if signature else ("2", ".")
        return f'# <jwt>: "{encoded}.$(echo "$TOKEN" | cut -d. -f{parts}){end}"'
    return _ELSE if signature else '# <jwt>: "${TOKEN%.*}."'


def _algorithm(head: str) -> str:
    try:
        header = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
        return str(header["alg"])
    except (ValueError, KeyError, TypeError):
        return ""
