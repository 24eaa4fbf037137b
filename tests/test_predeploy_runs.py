"""Runs of phase predeploy: on the reference, without settings, with a backend that is not live, with slips."""

import re

import pytest
from hostile.server import Hostile, answer
from selfcheck import catalogue

from harness.environment import load
from harness.errors import ConfigError

BARE = '[target]\nbase_url = "http://127.0.0.1:{port}"\n'


def test_reference_is_ready_to_be_deployed(suite):
    ended = suite("--phase=predeploy")
    assert ended.last_words == ["GO"], ended.said
    verdict = ended.verdict_of("predeploy")
    assert {item["id"]: item["outcome"] for item in verdict["items"]} == {
        f"predeploy.{name}": "proven" for name in ("guards", "startup", "switches", "revenuecat", "order")
    }
    assert verdict["writes"] == []


REMEDIES = {
    "guards": {"add [[predeploy.guards]] with a command"},
    "startup": {"add [predeploy.startup] with a command"},
    "switches": {"write --switches=FILE, or set predeploy.switches.source"},
    "revenuecat": {"add a [predeploy.revenuecat] section"},
    "order": {
        "set predeploy.order.backend_version, or write --expect-version=V",
        'set predeploy.order.migrations; ["true"] for a release that has none',
    },
}


@pytest.mark.parametrize("section", ["", "[predeploy]\n"], ids=["no-section", "empty-section"])
def test_what_no_setting_names_is_not_proven_and_the_key_is_named(suite, free_port, section):
    ended = suite("--phase=predeploy", env=BARE.format(port=free_port) + section)
    assert ended.code == 10
    items = ended.verdict_of("predeploy")["items"]
    assert {item["outcome"] for item in items} == {"not proven"}
    said = {item["id"]: {test["message"].partition("; ")[2] for test in item["tests"]} for item in items}
    assert said == {f"predeploy.{name}": remedies for name, remedies in REMEDIES.items()}


START = """
[predeploy.startup]
command = ["{{python}}", "-m", "reference", "--until-eof"{more}]
"""


def test_backend_given_as_a_command_is_tried_out(suite, free_port):
    ended = suite("predeploy/test_startup.py", env=BARE.format(port=free_port) + START.format(more=""))
    assert (ended.code, ended.last_words) == (0, ["PARTIAL"]), ended.said


def test_backend_that_does_not_start_is_told_with_its_last_lines(suite, free_port):
    env = BARE.format(port=free_port) + START.format(more=', "--fault=no.such-fault"')
    ended = suite("predeploy/test_startup.py", env=env)
    assert ended.code == 1
    assert "--fault=no.such-fault` ended with 1" in ended.said
    assert "no fault is called 'no.such-fault'" in ended.said
    assert "SERVER_DEV_MODE=false 'REVENUECAT_SECRET_KEY=<made-up REVENUECAT_SECRET_KEY>'" in ended.said


ORDER = """
[predeploy.order]
migrations = ["sh", "-c", "echo 0007 pending; exit {code}"]
"""


def test_backend_that_is_not_live_and_a_pending_migration_break_the_order(suite, free_port):
    env = BARE.format(port=free_port) + ORDER.format(code=3)
    ended = suite("predeploy/test_order.py", "--expect-version=1.4.2", env=env)
    assert ended.code == 1
    assert "GET /api/health got no answer" in ended.said
    assert "with 3: 0007 pending" in ended.said
    [advice] = ended.verdict_of("predeploy")["rollback"]
    assert advice["first_action"].startswith("Do not deploy")


def test_version_of_a_release_that_is_not_deployed_yet_is_not_waited_for(suite):
    env = catalogue.LOCAL.replace('backend_version = "1.0.0"\n', "")
    ended = suite("--phase=predeploy", "--expect-version=9.9.9", "--wait=3", env=env)
    assert ended.code == 1
    [test] = [each for each in _order(ended)["tests"] if each["outcome"] == "failed"]
    assert "live is backend 1.0.0; the frontend needs 9.9.9" in test["message"].partition("\n")[0]


def test_migrations_may_be_done_while_the_version_is_not_known(suite, free_port):
    ended = suite("predeploy/test_order.py", env=BARE.format(port=free_port) + ORDER.format(code=0))
    outcomes = {test["nodeid"].partition("::")[2]: test["outcome"] for test in _order(ended)["tests"]}
    assert outcomes == {
        "test_backend_of_the_release_is_live": "not proven",
        "test_no_migration_is_pending": "passed",
    }


def _order(ended):
    return next(item for item in ended.verdict_of("predeploy")["items"] if item["id"] == "predeploy.order")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[predeploy.startup]\n", "predeploy.startup.command: missing; add this key"),
        ("[predeploy.startup]\ncommand = []\n", "predeploy.startup.command: Tuple should have at least 1"),
        (
            '[predeploy.startup]\ncommand = ["x"]\nport_variable = "A B"\n',
            "predeploy.startup.port_variable: String",
        ),
        (
            '[predeploy.startup]\ncommand = ["x"]\ntakes_at_most_s = 0\n',
            "predeploy.startup.takes_at_most_s: Input",
        ),
        ('[predeploy.switches]\nsource = "vault"\n', "predeploy.switches.source: Input should be 'none'"),
        (
            '[predeploy.switches]\nsource = "file"\n',
            'predeploy.switches: source is "file" without a path; set',
        ),
        ('[predeploy.switches]\nsource = "command"\n', 'predeploy.switches: source is "command" without a'),
        ('[predeploy.revenuecat]\nkey_env = "K"\n', "predeploy.revenuecat.project: missing; add this key"),
        ('[predeploy.revenuecat]\nproject = "p"\n', "predeploy.revenuecat.key_env: missing; add this key"),
        (
            '[predeploy.revenuecat]\nproject = "a/b"\nkey_env = "K"\n',
            "predeploy.revenuecat.project: String should match pattern",
        ),
        (
            '[predeploy.revenuecat]\nproject = "p"\nkey_env = "UNSET_1"\n',
            "predeploy.revenuecat.key_env: the variable UNSET_1 is not set; export it",
        ),
        (
            '[predeploy.revenuecat]\nproject = "p"\nkey_env = "K"\nwebhook_environment = "both"\n',
            "predeploy.revenuecat.webhook_environment: Input should be 'production' or 'sandbox'",
        ),
        (
            '[predeploy.order]\nbackend_version = ""\n',
            "predeploy.order.backend_version: String should have at",
        ),
        (
            '[predeploy.order]\nmigration = ["x"]\n',
            "predeploy.order.migration: unknown key; did you mean migrations",
        ),
        ("[predeploy.switch]\n", "predeploy.switch: unknown key; did you mean switches?"),
    ],
)
def test_slip_in_a_setting_is_named(tmp_path, text, told):
    path = tmp_path / "env.toml"
    path.write_text(BARE.format(port=1) + text)
    with pytest.raises(ConfigError, match=re.escape(f"{path}: {told}")):
        load(str(path), variables={}, phases=("predeploy",))


def test_variables_and_files_of_this_phase_are_needed_in_no_other(tmp_path):
    path = tmp_path / "env.toml"
    path.write_text(
        BARE.format(port=1)
        + '[predeploy.switches]\nsource = "file"\npath = "no/such.env"\n'
        + '[predeploy.revenuecat]\nproject = "p"\nkey_env = "UNSET_1"\n'
    )
    assert load(str(path), variables={}, switches="no/such.env").file.predeploy.revenuecat.project == "p"
    with pytest.raises(ConfigError, match=r"no/such\.env: cannot be read"):
        load(str(path), variables={}, phases=("predeploy",))


READ_ONLY = """
[target]
base_url = "{origin}"
[access]
writes = false
[accounts]
mode = "provided"
username_env = "SOMEBODY"
password_env = "THEIR_PASSWORD"
[predeploy.revenuecat]
project = "proj1"
key_env = "V2_KEY"
origin = "{origin}"
[predeploy.order]
backend_version = "1.4.2"
"""


def test_read_only_run_asks_health_and_the_project_and_nothing_else(suite):
    """Of a server that would take anything."""

    def willing(asked):
        yield answer(
            {"version": "1.4.2"} if asked.path.endswith("/health") else {"items": [], "next_page": None}
        )

    variables = {"V2_KEY": "sk_7f3b19c2", "SOMEBODY": "adam", "THEIR_PASSWORD": "adams-password"}
    with Hostile(willing) as target:
        ended = suite("--phase=predeploy", env=READ_ONLY.format(origin=target.origin), variables=variables)
    assert ended.code == 1  # the project is empty
    assert {asked.method for asked in target.seen} == {"GET"}
    assert {asked.path.partition("?")[0] for asked in target.seen} == {
        "/api/health",
        "/v2/projects/proj1/products",
        "/v2/projects/proj1/offerings",
        "/v2/projects/proj1/entitlements",
        "/v2/projects/proj1/integrations/webhooks",
    }
    with_key = {asked.path.partition("/p")[0] for asked in target.seen if "Bearer sk_7f3b19c2" in asked.head}
    assert with_key == {"/v2"}


NAMED = """
[target]
base_url = "{target}"
[revenuecat]
stand_in = "{target}"
[predeploy.revenuecat]
project = "proj1"
key_env = "V2_KEY"
origin = "{origin}"
"""


@pytest.mark.parametrize("named", ["origin", "{stand_in}"])
def test_key_goes_to_the_origin_that_is_named_and_to_no_other(suite, named):
    def empty(asked):
        yield answer({"items": [], "next_page": None})

    with Hostile(empty) as target, Hostile(empty) as service:
        origin = service.origin if named == "origin" else named
        env = NAMED.replace("{target}", target.origin).replace("{origin}", origin)
        ended = suite("predeploy/test_revenuecat.py", env=env, variables={"V2_KEY": "sk_7f3b19c2"})
    assert ended.code == 1  # the project is empty
    asked, not_asked = (service, target) if named == "origin" else (target, service)
    assert len(asked.seen) == 4
    assert {"Bearer sk_7f3b19c2" in each.head for each in asked.seen} == {True}
    assert not_asked.seen == []


def test_stand_in_that_is_named_and_not_there_is_not_proven(suite, free_port):
    env = BARE.format(port=free_port)
    env += '[predeploy.revenuecat]\nproject = "p"\nkey_env = "V2_KEY"\norigin = "{stand_in}"\n'
    ended = suite("predeploy/test_revenuecat.py", env=env, variables={"V2_KEY": "sk_7f3b19c2"})
    items = {item["id"]: item for item in ended.verdict_of("predeploy")["items"]}
    told = {(test["outcome"], test["message"]) for test in items["predeploy.revenuecat"]["tests"]}
    remedy = "set revenuecat.stand_in, or RevenueCat's own predeploy.revenuecat.origin"
    assert told == {("not proven", f"there is no stand-in; {remedy}")}


ABSENT = """
[[predeploy.guards]]
command = ["true"]
[[predeploy.guards]]
command = ["no-such-guard"]
[predeploy.startup]
command = ["true"]
within = "no/such/backend"
[predeploy.order]
migrations = ["true"]
within = "no/such/folder"
[predeploy.switches]
source = "command"
command = ["no-such-vault"]
"""


def test_command_that_cannot_be_run_is_not_proven_and_its_key_named(suite, free_port):
    """So long as no other guard says that the release is broken."""
    env = BARE.format(port=free_port) + ABSENT
    ended = suite("--phase=predeploy", env=env)
    items = {item["id"]: item for item in ended.verdict_of("predeploy")["items"]}
    said = {test["message"] for item in items.values() for test in item["tests"]}
    assert said >= {
        "`no-such-guard` cannot be run (No such file or directory); install it, or mend predeploy.guards.1.command",
        "there is no folder no/such/backend; mend predeploy.startup.within",
        "there is no folder no/such/folder; mend predeploy.order.within",
        "`no-such-vault` cannot be run (No such file or directory); install it, or mend predeploy.switches.command",
    }
    assert {name: item["outcome"] for name, item in items.items()} == dict.fromkeys(items, "not proven")
    worse = suite("predeploy/test_guards.py", env=env.replace('["true"]', '["false"]', 1))
    assert (worse.code, "`false` ended with 1" in worse.said) == (1, True)


REFUSED = """
[predeploy.switches]
source = "command"
command = ["sh", "-c", "{command}"]
[predeploy.revenuecat]
project = "proj1"
key_env = "V2_KEY"
origin = "{origin}"
"""


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("echo sk_7f3b19c2; exit 3", " ended with 3, and was to print the release's variables"),
        ("echo A=b; echo not signed in", " ended with 0; what it prints: line 2: is no NAME=value"),
        ("echo A=b; echo A=c", " ended with 0; what it prints: line 2: A is there for the second time"),
    ],
)
def test_source_that_cannot_be_read_is_not_proven(suite, command, told):
    """A vault that is not signed in to and a key that is refused say nothing of the release."""

    def refused(asked):
        yield answer({"type": "authorization_error"}, status=403)

    with Hostile(refused) as service:
        named = REFUSED.format(command=command, origin=service.origin)
        variables = {"V2_KEY": "sk_7f3b19c2"}
        ended = suite("--phase=predeploy", env=BARE.format(port=1) + named, variables=variables)
    items = {item["id"]: item for item in ended.verdict_of("predeploy")["items"]}
    said = {name: {test["message"] for test in item["tests"]} for name, item in items.items()}
    assert ended.code == 10
    assert {item["outcome"] for item in items.values()} == {"not proven"}
    (switches,) = said["predeploy.switches"]
    assert told in switches
    mend = "mend predeploy.revenuecat (the origin, project or key)"
    assert said["predeploy.revenuecat"] == {f"RevenueCat answered 403; {mend}"}
    assert "sk_7f3b19c2" not in ended.said
