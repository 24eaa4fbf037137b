"""A target that says every secret it was shown or was given, in every form: none of them is in any output."""

import base64
import itertools
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from hostile.server import HEALTH, SNAPSHOT, Asked, Hostile, answer, truth
from selfcheck import runs

from tests.canaries import forms, leaks

AWKWARD = 'cänary/of "the" <p&ss\'word>+'
CHAT = "T0CANARY/B0CANARY/canary-of-the-chat"
ENVIRONMENT = """
[target]
base_url = "{origin}"
[accounts]
{accounts}
[tokens]
signing_secret_env = "SIGNING_SECRET"
[webhook]
strategy = "{strategy}"
secret_env = "WEBHOOK_SECRET"
settles_within_s = 0.1
[purchase.valid]
product_id = "premium_monthly"
entitlement_key = "PREMIUM"
transaction_env = "TRANSACTION"
[access]
writes = {writes}
timeout_s = 5
"""
SIGNED = """
[[attestations]]
item = "webhooks.logged"
environment = "parrot"
version = "1.0.0"
by = "Jo"
note = "Saw it come with {secret}."
at = 2026-11-23T01:02:03Z
"""
PROVIDED = """
mode = "provided"
username_env = "SOMEBODY"
password_env = "THEIR_PASSWORD"
entitled_username_env = "OWNER"
entitled_password_env = "OWNERS_PASSWORD"
"""
VARIABLES = {
    "SOMEBODY": "adam",
    "THEIR_PASSWORD": AWKWARD,
    "OWNER": "eve",
    "OWNERS_PASSWORD": "canary-of-the-owner",
    "SIGNING_SECRET": "canary-of-the-tokens-0123456789abcdef",
    "WEBHOOK_SECRET": "canary-of-the-webhook",
    "TRANSACTION": "canary-of-the-transaction",
}
SELECTED = ("smoke/test_auth.py", "smoke/test_purchases.py", "-m", "not logs")
PUBLIC = ("SOMEBODY", "OWNER")


def split(text: str) -> str:
    """Over lines, as a long value in a log."""
    return "\n    ".join(text[start : start + 7] for start in range(0, len(text), 7))


class Parrot:
    """A target that says what must not be said. `told`: each secret, by what it is, as far as it was shown any."""

    def __init__(self, given: dict[str, str]) -> None:
        self.told: dict[str, set[str]] = {name: {value} for name, value in given.items()}
        self._given = itertools.cycle(given.values())
        self._forms = itertools.cycle(forms(""))
        self._turns = itertools.count(1)

    def __call__(self, asked: Asked) -> Iterator[bytes]:
        shown = dict(self._shown(asked))
        body = self._body(asked, shown)
        for kind, value in shown.items():
            self.told.setdefault(kind, set()).add(value)
        secrets, form = [next(self._given), *shown.values()], next(self._forms)
        one = forms(secrets[-1])[form]
        said = {
            "detail": one if next(self._turns) % 2 else split(one),  # where most is shown
            **body,
            "every": [list(forms(each).values()) for each in secrets],
            "split": [split(forms(each)[form]) for each in secrets],
        }
        yield answer(said, "200 OK", f"X-Said: {quote(one, safe='')}", "X-Hex: " + one.encode().hex())

    def _shown(self, asked: Asked) -> Iterator[tuple[str, str]]:
        is_webhook = asked.path.endswith("/webhooks/revenuecat")
        for name, value in re.findall(r"(?im)^(authorization|x-revenuecat[\w-]*): *(.+?)\r?$", asked.head):
            value = value.removeprefix("Bearer ")
            if is_webhook and len(value) > 20:
                yield "webhook credentials", value
                yield "webhook signature", value.rpartition("=")[2]
            elif name.lower() == "authorization" and value in self.told.get("token", ()):
                yield "token", value
        sent = _read(asked.body) if re.search(r"/(register|login|verify)$", asked.path) else {}
        for key in ("password", "receipt_data", "transaction_id"):
            value = sent.get(key)
            if isinstance(value, str) and len(value) > 12 and (key != "password" or _ours(value)):
                yield key, value

    def _body(self, asked: Asked, shown: dict[str, str]) -> dict[str, Any]:
        name = _read(asked.body).get("username")
        if asked.path.endswith(("/register", "/login")) and isinstance(name, str):
            claims = {
                "sub": f"id-{asked.player}",
                "username": asked.player,
                "exp": 2**31,
                "jti": "1",
                "iat": 1,
            }
            signature = f"signature-of-{next(self._turns):04}"
            token = ".".join(
                base64.urlsafe_b64encode(part).decode().rstrip("=")
                for part in (b'{"alg":"HS256"}', json.dumps(claims).encode(), signature.encode())
            )
            shown |= {"token": token, "signature": token.rpartition(".")[2]}
            return {"user": {"username": name}, "token": token, "message": "Welcome"}
        if asked.path == HEALTH:
            return truth(asked)
        if asked.path == SNAPSHOT:
            return {"entitlements": {}, "version": 1, "ttl_seconds": 300}
        return {"success": True}


def _read(body: bytes) -> dict[str, Any]:
    """What a request sent, where that is an object."""
    try:
        said = json.loads(body)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _ours(password: str) -> bool:
    """Whether it is a password that the run made up, or was given; not one that no account may have."""
    return password in VARIABLES.values() or re.fullmatch(r"[\w-]{16}", password) is not None


def run(folder, *arguments, accounts='mode = "register"', strategy="signed", writes="true"):
    """A run against the parrot, told in every way there is: each output's text by its name, and what was said."""
    named = {name: value for name, value in VARIABLES.items() if name in ENVIRONMENT + accounts}
    parrot = Parrot({name: value for name, value in named.items() if name not in PUBLIC})

    def behave(asked):
        yield from [answer({})] if asked.path.startswith("/T0") else parrot(asked)

    runbook = folder / "own.md"
    runbook.write_text(f"- [ ] use {VARIABLES['WEBHOOK_SECRET']} in the dashboard\n", "utf-8")
    attestations = folder / "parrot" / "attestations.toml"
    attestations.parent.mkdir()
    attestations.write_text(SIGNED.format(secret=VARIABLES["WEBHOOK_SECRET"]), "utf-8")
    with Hostile(behave) as target:
        path = folder / "parrot.toml"
        how = {"accounts": accounts, "strategy": strategy, "writes": writes}
        path.write_text(ENVIRONMENT.format(origin=target.origin, **how), "utf-8")
        parrot.told["CHAT_URL"] = {f"{target.origin}/{CHAT}", CHAT}
        outputs = [f"--alluredir={folder}/allure", f"--junitxml={folder}/junit.xml", f"--runbook={runbook}"]
        variables = {"CHAT_URL": f"{target.origin}/{CHAT}", "GITHUB_STEP_SUMMARY": str(folder / "summary.md")}
        ended = runs.run(
            folder,
            f"--env={path}",
            "--notify-url-env=CHAT_URL",
            "-v",
            "-l",
            "--tb=long",
            *outputs,
            *arguments,
            variables={**named, **variables},
        )
    assert ended.verdict is not None, ended.said[-3000:]
    ours = {path, runbook, attestations}
    texts = {
        str(each.relative_to(folder)): each.read_text("utf-8", "replace")
        for each in folder.rglob("*")
        if each.is_file() and each not in ours
    }
    posted = [asked.body.decode() for asked in target.seen if asked.path.startswith("/T0")]
    return {**texts, "posted": "".join(posted)}, parrot.told, ended


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "distributed"])
def test_nothing_that_a_target_says_gives_a_secret_away(tmp_path, workers):
    timeline = () if workers else (f"--timeline={tmp_path}/timeline.jsonl",)
    texts, told, ended = run(tmp_path, *SELECTED, *workers, *timeline)
    kinds = {"password", "token", "signature", "receipt_data", "CHAT_URL"}
    assert told.keys() >= kinds | {"SIGNING_SECRET", "WEBHOOK_SECRET", "TRANSACTION"}, ended.said[-3000:]
    names = {"output.txt", "junit.xml", "posted", "summary.md"} | ({"timeline.jsonl"} if timeline else set())
    written = ("verdict.html", "verdict.md", "verdict.json", "message.json", "ledger.jsonl", "own.md")
    assert texts.keys() >= names | {f"parrot/{name}" for name in written}
    assert sum(name.startswith("allure/") for name in texts) > 100
    assert "Saw it come with <WEBHOOK_SECRET>." in texts["parrot/verdict.json"]
    assert leaks(texts, told) == set()


def test_no_log_line_gives_a_secret_away(tmp_path):
    live = ("-p", "logging", "-o", "log_cli=true", "--log-cli-level=DEBUG", "--setup-show")
    file = (f"--log-file={tmp_path}/log.txt", "--log-file-level=DEBUG", "-o", "junit_logging=all")
    texts, told, _ = run(tmp_path, "smoke/test_auth.py", "-m", "not logs", *live, *file)
    assert "DEBUG" in texts["log.txt"]
    assert leaks(texts, told) == set()


@pytest.mark.parametrize("strategy", ["static", "signed", "body-hmac"])
def test_no_strategy_of_webhooks_gives_its_credentials_away(tmp_path, strategy):
    texts, told, _ = run(tmp_path, "smoke/test_webhooks.py", strategy=strategy)
    assert len(told["webhook credentials"]) > 2
    assert leaks(texts, told) == set()


def test_read_only_run_gives_no_provided_account_away(tmp_path):
    texts, told, _ = run(tmp_path, "smoke", "-m", "not browser", accounts=PROVIDED, writes="false")
    assert told["password"] >= {AWKWARD, "canary-of-the-owner"}
    assert leaks(texts, told) == set()
