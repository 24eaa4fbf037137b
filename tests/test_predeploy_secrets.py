"""Commands and starts that print every secret of a release: none of them is in any output of the run."""

import asyncio
import json
import re

import pytest

from harness.evidence.secrets import Secrets
from harness.predeploy import learned
from harness.predeploy.settings import Switches
from harness.predeploy.switches import UNKNOWN, Source
from runbook.switches import load_switches
from tests.canaries import leaks

RELEASE = {
    "SERVER_DEV_MODE": "false",
    "REVENUECAT_SECRET_KEY": "sk_canary7f3b19c2d4e8",
    "REVENUECAT_WEBHOOK_SECRET": "whsec_canaryA06571b2c93d",
    "JWT_SECRET_KEY": "7f3b19c2d4e8a06571b2c93d5e4f8a601c5d9e2b8f04a7361e0d2c4b6a8f9e75",
    "MONGO_URL": "mongodb://heroes:canary-of-the-database@db.heroes.example/heroes",
    "EXPO_PUBLIC_BACKEND_URL": "https://target.invalid",
}
SECRET = {name: value for name, value in RELEASE.items() if name.startswith(("REV", "JWT", "MONGO"))}
OF_THE_RUN = {
    "UNNAMED_API_TOKEN": "canary-Of-The-Runner-1",
    "CACHE_URL": "redis://:canary-of-the-cache@h:1/0",
}
HELD = {"canary-of-the-database", "canary-of-the-cache"}  # in addresses
FILE = """
[target]
base_url = "https://target.invalid"

[[predeploy.guards]]
command = ["sh", "{folder}/{guard}.sh"]

[predeploy.startup]
command = ["sh", "{folder}/told.sh"]
[predeploy.startup.variables]
CACHE_PASSWORD = "canary-of-the-file"

[predeploy.order]
backend_version = "1"
migrations = ["sh", "{folder}/bare.sh"]
"""
TOLD = "cat '{folder}/release.env'; env | grep -E '^(CACHE|UNNAMED)'; exit 3"
BARE = "sed 's/^[A-Z_]*=//' '{folder}/release.env'; exit 3"  # each value without its name
SOURCES = {
    "none": "",
    "environment": '[predeploy.switches]\nsource = "environment"\n',
    "file": '[predeploy.switches]\nsource = "file"\npath = "{folder}/release.env"\n',
    "command": '[predeploy.switches]\nsource = "command"\ncommand = ["cat", "{folder}/release.env"]\n',
    "failing-command": (
        '[predeploy.switches]\nsource = "command"\n'
        """command = ["sh", "-xc", ". '{folder}/release.env'; echo $MONGO_URL $JWT_SECRET_KEY; exit 4"]\n"""
    ),
}


def everything(suite, folder, source, *arguments, variables):
    """A run of all but RevenueCat in two processes; the text of each of its outputs, by name."""
    (folder / "release.env").write_text("".join(f"{name}={value}\n" for name, value in RELEASE.items()))
    for name, script in (("told.sh", TOLD), ("bare.sh", BARE)):
        (folder / name).write_text(script.replace("{folder}", str(folder)))
    reports = folder / "reports"
    reports.mkdir()
    outputs = f"--junitxml={reports}/junit.xml", f"--alluredir={reports}/allure"
    env = (FILE + SOURCES[source]).replace("{folder}", str(folder))
    # Without a source nothing says that a bare value is a secret; with one nothing else may have to say so.
    env = env.replace("{guard}", "told" if source == "none" else "bare")
    ended = suite(
        "--phase=predeploy",
        *("-n", "2", "-v", "-l", "--tb=long"),
        *outputs,
        *arguments,
        env=env,
        variables=OF_THE_RUN | variables,
        reports=reports,
    )
    own = reports / "custom.toml"
    files = [each for each in reports.rglob("*") if each.is_file() and each != own]
    texts = {str(each.relative_to(reports)): each.read_bytes().decode("utf-8", "replace") for each in files}
    return ended, {**texts, "output": ended.said}


@pytest.mark.parametrize("source", ["environment", "file", "command", "failing-command"])
def test_what_prints_the_release_gives_no_secret_away(suite, tmp_path, source):
    variables = RELEASE if source == "environment" else {}
    ended, texts = everything(suite, tmp_path, source, variables=variables)
    assert ended.code == 1
    assert texts.keys() >= {"junit.xml", "custom/predeploy/verdict.json", "custom/predeploy/verdict.html"}
    assert {"told.sh` ended with 3", "bare.sh` ended with 3"} <= set(
        re.findall(r"\w+\.sh` ended with 3", ended.said)
    )
    values = {*SECRET.values(), *OF_THE_RUN.values(), *HELD, "canary-of-the-file"} - {OF_THE_RUN["CACHE_URL"]}
    assert leaks(texts, {"all": values}) == set()
    assert (UNKNOWN.strip() in ended.said) == (source == "failing-command")


def test_what_is_printed_with_its_name_is_known_without_a_source(suite, tmp_path):
    """A value alone is not: nobody said that it is a secret."""
    ended, texts = everything(suite, tmp_path, "none", "-k", "guard or startup", variables={})
    assert ended.code == 1
    assert "JWT_SECRET_KEY=<JWT_SECRET_KEY>" in ended.said
    assert leaks(texts, {"all": {*SECRET.values(), *HELD}}) == set()


# --- what is learned


def scrubbed(text, **variables):
    known = Secrets()
    learned.learn(known, load_switches(), variables)
    return known.scrub(text)


@pytest.mark.parametrize(
    "name", ["DB_PASSWORD", "client_secret", "CI_TOKEN", "API_KEY", "SENTRY_DSN", "JWT_SECRET_KEY"]
)
def test_value_of_what_is_called_like_a_secret_is_not_shown(name):
    assert scrubbed("it is hunter2!", **{name: "hunter2"}) == f"it is <{name}>!"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TOKEN_CHECK", "true"),
        ("PASSWORD_LOGIN", "disabled"),
        ("KEY_TTL", "86400000"),
        ("SORT_KEY", "username"),
        ("SECRET_FILE", "/run/secrets/one"),
        ("STAGE", "production-7"),
        ("JWT_SECRET_KEY", "1"),
    ],
)
def test_ordinary_value_is_left_in_every_text(name, value):
    assert scrubbed(f"it is {value}", **{name: value}) == f"it is {value}"


def test_password_in_an_address_is_known_by_itself():
    assert (
        scrubbed("as heroes with pa55", DATABASE="pg://heroes:pa55@h/db")
        == "as heroes with <password in DATABASE>"
    )


@pytest.mark.parametrize(
    "line",
    [
        "JWT_SECRET_KEY=7f3b19c2,d4",
        "+ export JWT_SECRET_KEY='7f3b19c2,d4'",
        json.dumps({"A": 1, "JWT_SECRET_KEY": "7f3b19c2,d4", "B": 2}),
        "OTHER_TOKEN=7f3b19c2,d4",
    ],
)
def test_value_that_is_printed_with_its_name_is_overheard(line):
    known = Secrets()
    learned.overhear(known, load_switches(), f"first\n{line}\n")
    assert "7f3b" not in known.scrub(f"{line} and 7f3b19c2,d4")


@pytest.mark.parametrize("line", ["Unexpected token: function", "KeyError: username", "sort_key=username"])
def test_message_about_a_word_teaches_nothing(line):
    known = Secrets()
    learned.overhear(known, load_switches(), line)
    assert known.scrub(line) == line


def test_source_is_read_once_however_many_ask(tmp_path):
    command = ("sh", "-c", f"echo x >> {tmp_path}/asked; echo A=1")
    source = Source(Switches(source="command", command=command), {}, "/api", Secrets())

    async def ask():
        return await asyncio.gather(source.read(), source.known(), source.shown("said"))

    assert asyncio.run(ask())[1:] == [True, "said"]
    assert (tmp_path / "asked").read_text() == "x\n"
