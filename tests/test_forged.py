"""How a reader makes a forged token again: the shell's words give the very token that was sent."""

import subprocess
from dataclasses import dataclass, field
from types import SimpleNamespace

import jwt
import pytest

from harness.evidence.forged import how_to_make
from harness.evidence.secrets import Secrets
from harness.target.tokens import Tokens
from harness.verdict.failure import Checked, explain
from runbook.loader import load_runbook

GENUINE = jwt.encode({"sub": "u~~~1?", "exp": 2_000_000_000}, "a" * 32, "HS256")
UNSIGNED = ("alg-none", "alg-None", "alg-NONE", "alg-none-signed", "stripped-signature")


@dataclass
class Holder:
    token: str = GENUINE
    claims: dict = field(default_factory=lambda: jwt.decode(GENUINE, options={"verify_signature": False}))
    entrance: SimpleNamespace | None = None


def sent(kind):
    return Tokens(None).headers(kind, Holder(), Holder())


@pytest.mark.parametrize("kind", UNSIGNED)
def test_unsigned_token_is_made_again_in_a_shell(kind):
    words = how_to_make(sent(kind)).removeprefix("# <jwt>: ")
    shell = ["bash", "-c", f"printf %s {words}"]
    made = subprocess.run(
        shell, env={"TOKEN": GENUINE, "PATH": "/usr/bin:/bin"}, capture_output=True, text=True
    )
    assert (made.stdout, made.stderr) == (sent(kind)["Authorization"].removeprefix("Bearer "), "")


@pytest.mark.parametrize("kind", [*UNSIGNED, "tampered-payload", "wrong-secret", "garbage", "no-header"])
def test_no_part_of_the_token_is_told(kind):
    told = how_to_make(sent(kind))
    assert told.startswith("# <jwt>: ")
    assert [part for part in GENUINE.split(".") if part in told] == []


@pytest.mark.parametrize("kind", ["tampered-payload", "wrong-secret", "foreign-signature"])
def test_token_that_takes_more_leads_to_the_page_that_says_how(kind):
    assert "docs/reading-a-failure.md" in how_to_make(sent(kind))


@pytest.mark.parametrize(("token", "told"), [("unsigned", True), ("genuine", False)])
def test_failure_says_it_only_of_a_forged_token(make_exchange, token, told):
    secrets = Secrets()
    secrets.add_token(GENUINE)
    headers = sent("alg-none") if token == "unsigned" else {"Authorization": f"Bearer {GENUINE}"}
    exchange = make_exchange({}, sent_headers=tuple(headers.items()))
    item = load_runbook().item("auth.token-refusal")
    failure = Checked("test_x", "assert 0", "smoke/test_x.py:7")
    text = explain(item, load_runbook().scenario(1), failure, [exchange], secrets.scrub)
    assert ("# <jwt>: " in text) is told
    assert [part for part in GENUINE.split(".") if part in text] == []
