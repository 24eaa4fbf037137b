"""A run on a target that may not be written to: what arrives there, counted by a server that would take anything."""

import json
import re

import pytest
from hostile.server import Hostile, answer, honest
from selfcheck import runs

from harness.web.settings import Selectors

READ_ONLY = """
[target]
base_url = "{origin}"
[access]
writes = false
[accounts]
mode = "provided"
username_env = "SOMEBODY"
password_env = "THEIR_PASSWORD"
entitled_username_env = "OWNER"
entitled_password_env = "OWNERS_PASSWORD"
[tokens]
signing_secret_env = "SIGNING_SECRET"
[webhook]
secret_env = "WEBHOOK_SECRET"
[purchase.valid]
product_id = "premium_monthly"
entitlement_key = "PREMIUM"
transaction_env = "TRANSACTION"
[revenuecat]
stand_in = "{origin}"
[web]
url = "/app/"
shows_within_s = 3
[web.selectors]
"""
READ_ONLY += "\n".join(f'{name} = "text=Sign in"' for name in Selectors.model_fields)
PAGE = b"""<!doctype html><link rel="icon" href="data:,"><h1>Sign in</h1><script>
  fetch("/app/visits", {method: "POST"}).catch(() => {});
  navigator.sendBeacon("/app/beacon", "x");
  fetch("/api/user/session").catch(() => {});
</script>"""
VARIABLES = {
    "SOMEBODY": "adam",
    "THEIR_PASSWORD": "adams-password",
    "OWNER": "eve",
    "OWNERS_PASSWORD": "eves-password",
    "SIGNING_SECRET": "0123456789abcdef0123456789abcdef",
    "WEBHOOK_SECRET": "secret-of-the-webhook",
    "TRANSACTION": "transaction-1",
}
MAY_BE_READ = re.compile(
    r"/api/(health|v1/features|auth/verify|entitlements/snapshot|hero/[^/]*/cinematic/(access|url))(\?.*)?"
    r"|(/api)?/openapi\.json|/app/"
)


def willing(asked):
    """Takes whatever comes, so that no check stops early."""
    known = (
        "/auth/" in asked.path
        or "/user/" in asked.path
        or "/health" in asked.path
        or "snapshot" in asked.path
    )
    if asked.path == "/app/":
        yield answer(PAGE, kind="text/html")
    else:
        yield from honest(asked) if known else [answer({"success": True})]


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "distributed"])
def test_no_check_no_made_up_request_and_no_page_writes(tmp_path, workers):
    """With everything at hand that a check could write with, and a client that does so when it is opened."""
    with Hostile(willing) as target:
        path = tmp_path / "read-only.toml"
        path.write_text(READ_ONLY.format(origin=target.origin))
        ended = runs.run(tmp_path, f"--env={path}", "--fuzz-examples=4", *workers, variables=VARIABLES)
    assert ended.verdict is not None, ended.said[-3000:]
    written = {f"{asked.method} {asked.path}" for asked in target.seen if asked.method != "GET"}
    assert written == {"POST /api/auth/login"}
    logins = {json.loads(asked.body)["username"] for asked in target.seen if asked.method == "POST"}
    assert {
        name for name in logins if not re.fullmatch(r"adam|eve|smoke_\w+", name)
    } == set()  # of ours, or nobody
    read = {asked.path for asked in target.seen if asked.method == "GET"}
    assert {path for path in read if not MAY_BE_READ.fullmatch(path)} == set()
    assert len(read) > 10  # made-up heroes among them
    assert "/app/" in read
    assert (ended.verdict["writes"], (tmp_path / "read-only" / "ledger.jsonl").read_text()) == ([], "")


def test_each_item_says_what_it_could_not_prove(tmp_path):
    with Hostile(willing) as target:
        path = tmp_path / "read-only.toml"
        path.write_text(READ_ONLY.format(origin=target.origin))
        ended = runs.run(tmp_path, f"--env={path}", "smoke", variables=VARIABLES)
    unproven = [
        test
        for item in ended.verdict["items"]
        for test in item["tests"]
        if test["outcome"] == "not proven" and not test["message"].startswith("stopped on its way")
    ]
    assert len(unproven) > 100
    asks = re.compile(r"; (set|see|run|use|add|write|export) ")
    assert [test for test in unproven if not asks.search(test["message"])] == []
