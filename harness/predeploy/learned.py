"""What no output may show, learned before anything of a release is run."""

import re
from collections.abc import Mapping

from harness.evidence.secrets import Secrets
from runbook.switches import Table

SHORTEST = 6  # characters of a value that is only guessed to be a secret
_SOUNDS = re.compile(r"SECRET|TOKEN|PASSWORD|PASSWD|KEY|DSN", re.IGNORECASE)
_SURE = re.compile(r"SECRET|PASSWORD|PASSWD|DSN", re.IGNORECASE)  # no word of a language stands there
_PLACE = re.compile(r"_(FILE|PATH|DIR)$", re.IGNORECASE)  # says where a secret is
_ORDINARY = {"enabled", "disabled", "required", "optional", "default", "production", "development", "staging"}
_ORDINARY |= {"undefined", "password", "secret"}
_CREDENTIALS = re.compile(r"://[^/\s:@]*:([^/\s@]+)@")
# As a shell, a .env file and JSON write it: `export NAME=value`, `"NAME": "value"`.
_SAID = re.compile(r"""\b([A-Za-z_]\w*)["']?[ \t]*([=:])[ \t]*(?:"([^"\n]+)|'([^'\n]+)|([^\s"']+))""")


def learn(known: Secrets, table: Table, variables: Mapping[str, str]) -> None:
    """Make secrets known: those that the table names, those called like one, and passwords in addresses.

    What is only called like a secret is passed over where its value is an ordinary word or number: it would be
    taken out of every text.
    """
    for name, value in variables.items():
        if _listed(table, name) or _guessed(name, value.strip()):
            known.add(value.strip(), name)
        for password in _CREDENTIALS.findall(value):
            known.add(password, f"password in {name}")


def overhear(known: Secrets, table: Table, text: str) -> None:
    """The same for what a command printed together with its name."""
    for name, sign, *quoted in _SAID.findall(text):
        if _listed(table, name) or (sign == "=" and name.isupper()):
            learn(known, table, {name: "".join(quoted)})


def _listed(table: Table, name: str) -> bool:
    switch = table.named(name)
    return switch is not None and switch.secret


def _guessed(name: str, value: str) -> bool:
    if not _SOUNDS.search(name) or _PLACE.search(name):
        return False
    if (
        len(value) < SHORTEST
        or value.lower() in _ORDINARY
        or (value.isdecimal() and len(value) < 2 * SHORTEST)
    ):
        return False
    return _SURE.search(name) is not None or not (value.isalpha() and value.islower())
