"""The release's variables: the table, .env files, what is wrong with a value, and what no output shows."""

import asyncio
import re
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.errors import ConfigError, Unprovable
from harness.evidence.secrets import Secrets
from harness.predeploy import dotenv, switches
from harness.predeploy.settings import Switches
from harness.predeploy.switches import Release
from harness.predeploy.values import holds, malformed, placeholder, prefixes
from runbook.switches import Switch, Table, load_switches

HEX = "7f3b19c2d4e8a06571b2c93d5e4f8a60" * 2
RANDOM = "7f3b19c2d4e8a06571b2c93d5e4f8a601c5d9e2b8f04a7361e0d2c4b6a8f9e75"
KINDS = {
    "origin": Switch(name="URL", kind="origin", side="client"),
    "backend": Switch(name="URL", kind="origin", side="client", api_prefix=True),
    "hex64": Switch(name="KEY", kind="hex64", side="server"),
    "prefix": Switch(name="KEY", kind="prefix", side="server", prefixes=("sk_", "rk_")),
    "dsn": Switch(name="DSN", kind="dsn", side="server"),
    "flag": Switch(name="FLAG", kind="flag", side="server"),
    "text": Switch(name="TEXT", kind="text", side="server"),
}
TABLE = """
public_prefixes = ["EXPO_PUBLIC_"]
placeholders = ["*changeme*", "<*>"]
[[switches]]
name = "MODE"
kind = "flag"
side = "server"
value = "false"
[[switches]]
name = "KEY"
kind = "prefix"
prefixes = ["sk_"]
side = "server"
secret = true
[[switches]]
name = "EXPO_PUBLIC_URL"
kind = "origin"
api_prefix = true
side = "client"
required = false
"""
GOOD = {"MODE": "false", "KEY": "sk_7f3b19c2d4e8", "EXPO_PUBLIC_URL": "https://api.heroes.example"}


# --- values


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("origin", "https://api.heroes.example"),
        ("origin", "https://API.heroes.example:8443"),
        ("origin", "https://[2001:db8::1]"),
        ("backend", "https://api.heroes.example"),
        ("backend", "https://api.heroes.example/api"),
        ("hex64", RANDOM),
        ("hex64", RANDOM.upper()),
        ("prefix", "sk_7f3b19c2"),
        ("prefix", "rk_7f3b19c2/+="),
        ("dsn", "https://7f3b@o1.ingest.sentry.example/42"),
        ("dsn", "https://7f3b:9c2d@sentry.example/below/42"),
        ("flag", "true"),
        ("flag", "False"),
        ("text", "7"),
        ("text", "it's fine"),
        ("text", "'"),
    ],
)
def test_value_of_its_kind_is_well_formed(kind, value):
    assert malformed(KINDS[kind], value, "/api") is None


@pytest.mark.parametrize(
    ("kind", "value", "told"),
    [
        ("origin", "http://api.heroes.example", "is not an https origin"),
        ("origin", "api.heroes.example", "is not an https origin"),
        ("origin", "https://", "is not an https origin"),
        ("origin", "https://h:port", "is not an https origin"),
        ("origin", "wss://h.example", "is not an https origin"),
        ("origin", "https://h.example/", "ends with a slash"),
        ("origin", "https://h.example/api", "holds more than an origin"),
        ("origin", "https://h.example?x=1", "holds more than an origin"),
        ("origin", "https://h.example#x", "holds more than an origin"),
        ("origin", "https://a:b@h.example", "holds more than an origin"),
        ("origin", "https://a.example,https://b.example", "is not an https origin"),
        ("origin", "https://a.example,b.example", "is not an https origin"),
        ("backend", "https://h.example/api/", "ends with a slash"),
        ("backend", "https://h.example/apis", "holds more than an origin"),
        ("backend", "https://h.example/v1/api", "holds more than an origin"),
        ("hex64", RANDOM[:-1], "is not 64 hexadecimal characters"),
        ("hex64", f"{RANDOM}0", "is not 64 hexadecimal characters"),
        ("hex64", f"g{RANDOM[1:]}", "is not 64 hexadecimal characters"),
        ("hex64", f"{RANDOM[:-1]}\u0663", "is not 64 hexadecimal characters"),
        ("prefix", "pk_7f3b19c2", "does not begin with sk_ or rk_"),
        ("prefix", "SK_7f3b19c2", "does not begin with sk_ or rk_"),
        ("prefix", "sk_7f3b19c", "has less than 8 characters behind sk_"),
        ("prefix", "sk_7f3b 19c2", "has blanks in it"),
        ("dsn", "7f3b19c2", "is not a DSN: not an https address"),
        ("dsn", "http://7f3b@sentry.example/42", "is not a DSN: not an https address"),
        ("dsn", "https://sentry.example/42", "is not a DSN: has no key before the host"),
        ("dsn", "https://7f3b@sentry.example/", "is not a DSN: names no project at its end"),
        ("dsn", "https://7f3b@sentry.example/heroes", "is not a DSN: names no project at its end"),
        ("flag", "0", "is neither true nor false"),
        ("flag", "off", "is neither true nor false"),
        ("text", " 7", "has blanks around it"),
        ("flag", "true\n", "has blanks around it"),
        ("prefix", '"sk_7f3b19c2"', "still has its quotes"),
        ("text", "'7'", "still has its quotes"),
    ],
)
def test_malformed_value_is_told_without_its_text(kind, value, told):
    assert malformed(KINDS[kind], value, "/api") == told


@pytest.mark.parametrize("value", ["https://h.example/api", "https://h.example/api/api"])
def test_without_a_prefix_an_address_goes_on_nowhere(value):
    assert malformed(KINDS["backend"], value, "") == "holds more than an origin"
    assert prefixes(value, "") == 0


@pytest.mark.parametrize(
    ("path", "times"),
    [("", 0), ("/api", 1), ("/api/api", 2), ("/api/api/api", 3), ("/apis", 0), ("/x/api", 0)],
)
def test_prefixes_of_an_address_are_counted(path, times):
    assert prefixes(f"https://api.heroes.example{path}", "/api") == times


@pytest.mark.parametrize(
    "value",
    ["changeme", "please-ChangeMe-now", "<your key>", "0" * 64, "deadbeef" * 8, HEX, "ab" * 32],
)
def test_placeholder_is_known(value):
    assert placeholder(KINDS["hex64"], value, ["*changeme*", "<*>"])


@pytest.mark.parametrize("value", [RANDOM, "change", "a<b>", "[changeme"[:7]])
def test_value_that_nobody_meant_to_replace_is_none(value):
    assert not placeholder(KINDS["hex64"], value, ["*changeme*", "<*>", "[abc]*"])


def test_secret_of_a_few_characters_may_stand_anywhere():
    assert holds("https://7f3b19c2@h", "7f3b19c2")
    assert holds("7f3b", "7f3b")
    assert not holds("https://7f3b@h", "7f3b")


# --- .env files


@pytest.mark.parametrize(
    ("text", "variables"),
    [
        ("A=1\nB=2\n", {"A": "1", "B": "2"}),
        ("\ufeffA=1\r\n\r\n# B=2\r\n", {"A": "1"}),
        ("export A = 'x # y'  # z\n", {"A": "x # y"}),
        ('A="${B}"\nB=$A', {"A": "${B}", "B": "$A"}),
        ("A=\n", {"A": ""}),
        ("A=b=c\n", {"A": "b=c"}),
        ("", {}),
    ],
)
def test_dot_env_text_is_read_as_it_stands(text, variables):
    assert dotenv.parsed(text, "x") == variables


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("A=1\n\nsk_7f3b is the key\n", "x: line 3: is no NAME=value; mend"),
        ("A=1\nB\n", "x: line 2: is no NAME=value; mend"),
        ("A='1\n", "x: line 1: is no NAME=value; mend"),
        ("A=1\nB=2\n\n\nA=3\n", "x: line 5: A is there for the second time; keep"),
    ],
)
def test_line_that_is_no_variable_is_named_and_not_shown(text, told):
    with pytest.raises(ConfigError, match=re.escape(told)) as caught:
        dotenv.parsed(text, "x")
    assert "sk_" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "told"), [(None, "cannot be read (No such file"), (b"A=\xff", "not UTF-8 (byte 2); save")]
)
def test_unreadable_dot_env_file_is_named(tmp_path, content, told):
    path = tmp_path / ".env"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError, match=re.escape(f"{path}: {told}")):
        dotenv.read(path)


# --- the table


def table(folder, old="", new=""):
    assert old in TABLE
    (folder / "switches.toml").write_text(TABLE.replace(old, new, 1))
    return load_switches(folder)


def test_own_table_is_whole_and_knows_the_secrets_of_the_contract():
    own = load_switches()
    secret = {switch.name for switch in own.switches if switch.secret}
    assert secret >= {"REVENUECAT_SECRET_KEY", "REVENUECAT_WEBHOOK_SECRET", "JWT_SECRET_KEY"}
    assert all(own.is_public(switch.name) == (switch.side == "client") for switch in own.switches)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('kind = "flag"', 'kind = "bool"', "switches.0.kind: Input should be 'origin', 'hex64'"),
        ('name = "MODE"', 'nam = "MODE"', "switches.0.name: missing; add this key"),
        ('name = "MODE"', 'name = "A B"', "switches.0.name: String should match pattern"),
        ('value = "false"', 'valu = "false"', "switches.0.valu: unknown key; did you mean value?"),
        ('value = "false"', 'value = ""', "switches.0.value: String should have at least 1 character"),
        ('name = "MODE"', 'name = "KEY"', "KEY: this switch is there twice; keep one"),
        ('prefixes = ["sk_"]\n', "", "switches.1: KEY: prefixes go with kind"),
        ('kind = "flag"', 'kind = "flag"\nprefixes = ["x"]', "switches.0: MODE: prefixes go with kind"),
        ('kind = "flag"', 'kind = "flag"\napi_prefix = true', "switches.0: MODE: api_prefix goes with kind"),
        ("required = false", "secret = true", "switches.2: EXPO_PUBLIC_URL is a secret of a client"),
        ('side = "client"', 'side = "server"', "EXPO_PUBLIC_URL: its name is public, and its side"),
        ("public_prefixes", "public_prefix", "public_prefixes: missing; add this key"),
        ("[[switches]]", "[[switches", "not valid TOML: "),
    ],
)
def test_slip_in_the_table_is_named_with_its_place(tmp_path, old, new, told):
    with pytest.raises(ConfigError, match=re.escape(f"{tmp_path / 'switches.toml'}: {told}")):
        table(tmp_path, old, new)


# --- what is found


@pytest.fixture
def looked_at(tmp_path):
    own = table(tmp_path)

    def look(**changes):
        given = {name: value for name, value in {**GOOD, **changes}.items() if value is not None}
        backends = "https://api.heroes.example", "https://h.example"
        return Release(own, given, "/api", "the store", backends)

    return look


FINDINGS = ("missing", "malformed", "placeholders", "unfit", "doubled", "elsewhere", "given_away")


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, {}),
        ({"EXPO_PUBLIC_URL": None}, {}),
        ({"EXPO_PUBLIC_URL": ""}, {}),
        ({"EXPO_PUBLIC_URL": "https://h.example/api"}, {}),
        ({"EXPO_PUBLIC_URL": "https://H.example:443"}, {}),
        (
            {"EXPO_PUBLIC_URL": "https://staging.heroes.example/api"},
            {
                "elsewhere": [
                    "EXPO_PUBLIC_URL does not lead to https://api.heroes.example or https://h.example;"
                    " mend it, or predeploy.switches.backend_urls"
                ]
            },
        ),
        ({"MODE": "FALSE"}, {}),
        ({"EXPO_PUBLIC_TITLE": "sky"}, {}),
        ({"KEY": None}, {"missing": ["KEY is missing in the store"]}),
        ({"KEY": " "}, {"missing": ["KEY is empty in the store"]}),
        ({"KEY": "7f3b"}, {"malformed": ["KEY does not begin with sk_"]}),
        ({"KEY": "sk_changeme"}, {"placeholders": ["KEY is a placeholder"]}),
        ({"MODE": "true"}, {"unfit": ["MODE is not false"]}),
        (
            {"EXPO_PUBLIC_URL": "https://h.example/api/api"},
            {"doubled": ["EXPO_PUBLIC_URL ends with /api 2 times"]},
        ),
        (
            {"EXPO_PUBLIC_A": f"x{GOOD['KEY']}"},
            {"given_away": ["EXPO_PUBLIC_A is public, and holds the value of KEY"]},
        ),
        ({"EXPO_PUBLIC_A": "sk_old"}, {"given_away": ["EXPO_PUBLIC_A is public, and begins like KEY"]}),
        ({"EXPO_PUBLIC_KEY": "x"}, {"given_away": ["EXPO_PUBLIC_KEY is public, and is called like KEY"]}),
        ({"EXPO_PUBLIC_KEY": ""}, {}),
    ],
)
def test_each_finding_names_the_variable(looked_at, changes, found):
    release = looked_at(**changes)
    assert {kind: told for kind in FINDINGS if (told := getattr(release, kind))} == found


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(["MODE", "KEY", "EXPO_PUBLIC_URL", "EXPO_PUBLIC_A"]), value=st.text(min_size=8))
def test_no_finding_holds_a_value_whatever_it_is(looked_at, name, value):
    release = looked_at(**{name: value})
    assert [
        told for kind in FINDINGS for told in getattr(release, kind) if value.strip() and value in told
    ] == []


def test_repr_of_a_release_holds_no_value(looked_at):
    assert GOOD["KEY"] not in repr(looked_at())


# --- where they come from


def read(source, variables=None, known=None, **settings):
    given = Switches(source=source, **settings)
    return asyncio.run(switches.read(given, variables or {}, "/api", known or Secrets()))


def test_only_named_and_public_variables_of_the_process_are_taken():
    release = read("environment", {"PATH": "/bin", "JWT_SECRET_KEY": RANDOM, "EXPO_PUBLIC_X": "1"})
    assert set(release.given) == {"JWT_SECRET_KEY", "EXPO_PUBLIC_X"}
    assert "MONGO_URL is missing in the variables of this process" in release.missing


def test_secrets_of_the_release_are_shown_nowhere(tmp_path):
    (tmp_path / ".env").write_text(f"JWT_SECRET_KEY='{RANDOM}'\nSERVER_DEV_MODE=false\n")
    known = Secrets()
    release = read("file", path=str(tmp_path / ".env"), known=known)
    assert release.given["JWT_SECRET_KEY"] == RANDOM
    assert known.scrub(f"false {RANDOM}") == "false <JWT_SECRET_KEY>"


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("print('JWT_SECRET_KEY=' + '7f3b' * 2); raise SystemExit(3)", "ended with 3, and was to print"),
        (
            "print('JWT_SECRET_KEY is ' + '7f3b' * 2)",
            "ended with 0; what it prints: line 1: is no NAME=value",
        ),
    ],
)
def test_command_that_gives_no_variables_proves_nothing_and_its_output_is_not_shown(code, told):
    with pytest.raises(Unprovable, match=re.escape(told)) as caught:
        read("command", command=(sys.executable, "-c", code))
    assert "7f3b7f3b" not in str(caught.value)


def test_what_a_command_prints_is_read_as_a_file_is():
    code = f"print('JWT_SECRET_KEY={RANDOM}')"
    release = read("command", command=("{python}", "-c", code))
    assert release.given == {"JWT_SECRET_KEY": RANDOM}
    assert release.source == "what `{python}` prints"


@pytest.mark.parametrize(
    ("base_url", "further", "backends"),
    [
        (None, (), ()),
        ("https://a.example", (), ("https://a.example",)),
        ("https://a.example", ("https://b.example",), ("https://a.example", "https://b.example")),
    ],
)
def test_clients_may_use_the_target_and_what_the_file_names(base_url, further, backends):
    settings = Switches(source="environment", backend_urls=further)
    release = asyncio.run(switches.read(settings, {}, "/api", Secrets(), base_url))
    assert release.backends == backends


def test_own_table_knows_an_emergency_stop_that_was_left_on():
    release = read("environment", {"PURCHASES_DISABLED": "true"})
    assert release.unfit == ["PURCHASES_DISABLED is not false"]
    assert read("environment", {}).unfit == []


# --- the option

ENV = '[target]\nbase_url = "https://target.invalid"\n'


def test_option_names_the_file_and_the_verdict_names_variable_and_file(suite, tmp_path):
    path = tmp_path / ".env"
    path.write_text(f"JWT_SECRET_KEY={'ab' * 32}\nREVENUECAT_SECRET_KEY=sk_live_7f3b19c2\n")
    ended = suite("predeploy/test_switches.py", f"--switches={path}", env=ENV)
    assert ended.code == 1
    assert f"SERVER_DEV_MODE is missing in {path}" in ended.said
    assert "JWT_SECRET_KEY is a placeholder" in ended.said
    everything = ended.said + "".join(
        each.read_text() for each in ended.reports.rglob("*.*") if each.is_file()
    )
    assert "sk_live_7f3b19c2" not in everything
    assert "ab" * 32 not in everything


def test_file_that_is_not_there_ends_the_run_at_once(suite):
    ended = suite("--phase=predeploy", "--switches=no/such.env", env=ENV)
    assert ended.code == 4
    assert "ERROR: no/such.env: cannot be read (No such file or directory); name a .env file" in ended.said


@pytest.mark.parametrize(
    "phase", ["--phase=smoke", "--phase=postdeploy", "--watch=1m", "smoke/test_health.py"]
)
def test_option_in_a_run_that_does_not_read_it_is_refused(suite, tmp_path, phase):
    (tmp_path / ".env").write_text("SERVER_DEV_MODE=false\n")
    ended = suite(phase, f"--switches={tmp_path}/.env", env=ENV)
    assert ended.code == 4
    assert "--switches: is said of a run without phase predeploy; leave it out, or write" in ended.said


def test_table_type_is_frozen():
    with pytest.raises(ValueError, match="frozen"):
        Table.model_validate({"public_prefixes": ["X_"], "switches": [KINDS["text"]]}).placeholders = ()
