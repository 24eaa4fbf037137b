"""Environment files: what a good one gives, and that each slip is named with file, key and remedy."""

import re
import sys
from pathlib import Path

import pytest

from harness.environment import FOLDER, available, load, title
from harness.paths import Paths
from harness.sections import Accounts, Start, Target
from runbook.errors import ConfigError

TARGET = '[target]\nbase_url = "https://game.example"\n'


@pytest.fixture
def write(tmp_path):
    def write(text: str | bytes) -> Path:
        path = tmp_path / "qa.toml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b"\xff", ": not UTF-8 (byte 0); save it as UTF-8"),
        ("[target", ": not valid TOML: "),
        ("", ": target: missing; add this key"),
        ("[target]", ': target: has no base_url; add base_url = "https://..."'),
        ("target = 1", ": target: Input should be a valid dictionary"),
        (TARGET + "[acess]", ": acess: unknown key; did you mean access?"),
        (TARGET + "[access]\nwrite = false", ": access.write: unknown key; did you mean writes?"),
        (TARGET + "[tokens]\nx = 1", ": tokens.x: unknown key; remove it, or use one of: signing_secret_env"),
        (
            TARGET + '[target.start]\ncommand = ["x"]\ncomand = 1',
            ": target.start.comand: unknown key; did you mean command?",
        ),
        (
            TARGET + "[target.start]\ncommand = []",
            ": target.start.command: Tuple should have at least 1 item",
        ),
        (
            TARGET + '[access]\nwrites = "no"',
            ": access.writes: Input should be a valid boolean; give a value of that kind",
        ),
        (TARGET + "[access]\nmax_concurrency = 0", ": access.max_concurrency: Input should be greater"),
        (TARGET + "[access]\ntimeout_s = nan", ": access.timeout_s: Input should be "),
        (
            TARGET + "[access]\nrequests_per_second = 0",
            ": access.requests_per_second: Input should be greater",
        ),
        (
            TARGET + '[webhook]\nstrategy = "basic"',
            ": webhook.strategy: Input should be 'static', 'signed' or",
        ),
        (TARGET + '[webhook]\nsecret_env = "a b"', ": webhook.secret_env: String should match pattern"),
        (TARGET + '[accounts]\nprefix = "a-b"', ": accounts.prefix: String should match pattern"),
        (
            TARGET + '[accounts]\nmode = "provided"',
            ': accounts: mode is "provided" without an account; set username_env and password_env',
        ),
        (
            TARGET + '[accounts]\nentitled_username_env = "E"',
            ": accounts: half of the entitled account is missing; set both entitled_*_env keys, or none",
        ),
        (TARGET + '[logs]\nsource = "file"', ': logs: source is "file" without a path; set logs.path'),
        (
            TARGET + '[logs]\nsource = "command"',
            ': logs: source is "command" without a command; set logs.command = ["..."]',
        ),
        (
            TARGET + '[paths]\nhealth = "healthz"',
            ": paths.health: 'healthz' is not a path; begin with '/', end without one",
        ),
        (
            TARGET + '[contract]\nopenapi = "docs.json"',
            ": contract.openapi: 'docs.json' is not a path; begin with '/', end without one",
        ),
        (TARGET + '[paths]\nhealth = "/a/"', ": paths.health: '/a/' is not a path"),
        (TARGET + '[paths]\nhealth = "/a{"', ": paths.health: '/a{' is not a path"),
        (
            TARGET + '[paths]\nregister = "/{name}"',
            ": paths: register must name [], and names ['name']; mend it",
        ),
        (
            TARGET + '[paths]\ncinematic_url = "/video/url"',
            ": paths: cinematic_url must name ['hero_id'], and names []; mend it",
        ),
        (TARGET + 'ca_file = "no.pem"', ": target.ca_file: no such file; name a PEM file, or remove the key"),
    ],
)
def test_slip_is_named_with_file_key_and_remedy(write, text, told):
    path = write(text)
    with pytest.raises(ConfigError, match=re.escape(f"{path}{told}")) as caught:
        load(str(path), variables={})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("game.example", "'game.example' is not an http(s) origin; write https://host[:port]"),
        ("ftp://game.example", "'ftp://game.example' is not an http(s) origin; write https://host[:port]"),
        ("http://[::1", "'http://[::1' is not a URL (Invalid port: ':1'); write https://host[:port]"),
        ("http://h:99999", "99999 is no port; write https://host[:port]"),
        *(
            (url, "holds more than an origin; write https://host[:port], paths go to target.api_prefix")
            for url in (
                "http://h/api",
                "http://h?",
                "http://h?a=b",
                "http://h/#",
                "http://u:p@h",
                "http://h ",
            )
        ),
    ],
)
def test_origin_is_an_origin_in_the_file_and_on_the_command_line(write, url, told):
    path = write(f'[target]\nbase_url = "{url}"')
    with pytest.raises(ConfigError) as in_the_file:
        load(str(path), variables={})
    assert str(in_the_file.value) == f"{path}: target.base_url: {told}"
    with pytest.raises(ConfigError) as on_the_line:
        load("local", url, variables={})
    assert str(on_the_line.value) == f"--base-url: {told}"


@pytest.mark.parametrize("name", ["nowhere", "known_issues", ""])
def test_unknown_name_is_answered_with_the_known_ones(name):
    with pytest.raises(ConfigError) as caught:
        load(name)
    assert str(caught.value) == (
        f"--env={name}: no such environment; use one of {', '.join(available())}, or a path"
    )


def test_file_that_cannot_be_read_is_named(tmp_path):
    (tmp_path / "folder.toml").mkdir()
    with pytest.raises(ConfigError, match=r"gone\.toml: no such file; name an existing file"):
        load(str(tmp_path / "gone.toml"))
    with pytest.raises(ConfigError, match=r"folder\.toml: cannot be read \(.*\); check its permissions"):
        load(str(tmp_path / "folder.toml"))


@pytest.mark.parametrize("variables", [{}, {"HOOK": ""}], ids=["unset", "empty"])
def test_variable_without_a_value_is_named(write, variables):
    path = write(TARGET + '[webhook]\nsecret_env = "HOOK"')
    with pytest.raises(ConfigError) as caught:
        load(str(path), variables=variables)
    assert str(caught.value) == (
        f"{path}: webhook.secret_env: the variable HOOK is not set; export it, or remove the key"
    )


def test_all_variables_without_a_value_are_named_at_once(write):
    path = write(
        TARGET + '[tokens]\nsigning_secret_env = "JWT"\n[webhook]\nsecret_env = "HOOK"\n'
        '[purchase.valid]\nproduct_id = "p"\nentitlement_key = "K"\ntransaction_env = "TX"'
    )
    with pytest.raises(ConfigError) as caught:
        load(str(path), variables={"HOOK": "set"})
    assert str(caught.value) == (
        f"{path}: tokens.signing_secret_env, purchase.valid.transaction_env: these variables are not set: JWT, TX; "
        "export them, or remove the keys"
    )


@pytest.mark.parametrize(
    ("section", "value", "told"),
    [
        (
            '[tokens]\nsigning_secret_env = "S"',
            "hidden\udcff",
            "tokens.signing_secret_env: the value of S is not UT",
        ),
        (
            '[webhook]\nstrategy = "static"\nsecret_env = "S"',
            "hidden\n",
            "webhook.secret_env: the value of S cannot",
        ),
        (
            '[webhook]\nstrategy = "static"\nsecret_env = "S"',
            "hidden-ä",
            "webhook.secret_env: the value of S cannot",
        ),
    ],
)
def test_secret_that_cannot_be_sent_is_named_and_not_shown(write, section, value, told):
    path = write(f"{TARGET}{section}\n")
    with pytest.raises(ConfigError, match=re.escape(f"{path}: {told}")) as caught:
        load(str(path), variables={"S": value})
    assert "hidden" not in str(caught.value)


def test_secret_that_signs_may_be_any_text(write):
    path = write(f'{TARGET}[webhook]\nsecret_env = "S"\n')
    assert load(str(path), variables={"S": "ä\n"}).value("S") == "ä\n"


def test_file_may_begin_with_a_byte_order_mark(tmp_path):
    """Editors on Windows write one."""
    path = tmp_path / "marked.toml"
    path.write_text(TARGET, "utf-8-sig")
    assert load(str(path), variables={}).name == "marked"


def test_values_of_all_named_variables_are_read_and_no_others(write):
    path = write(
        TARGET
        + '[tokens]\nsigning_secret_env = "JWT"\n[purchase.valid]\nproduct_id = "p"\nentitlement_key = "K"\n'
        + 'transaction_env = "TX"'
    )
    environment = load(str(path), variables={"JWT": "key-1", "TX": "two", "OTHER": "three"})
    assert environment.variables == {"JWT": "key-1", "TX": "two"}
    assert [environment.value(name) for name in ("TX", None)] == ["two", None]
    assert "key-1" not in repr(environment)


def test_secrets_to_generate_are_made_up_where_unset_and_new_each_time(write):
    path = write('[target.start]\ncommand = ["x"]\ngenerate = ["A", "B"]\n[webhook]\nsecret_env = "A"')
    first, second = (load(str(path), variables={"B": "given"}).variables for _ in range(2))
    assert first["B"] == second["B"] == "given"
    assert re.fullmatch("[0-9a-f]{64}", first["A"])
    assert first["A"] != second["A"]


def test_smallest_file_is_filled_with_defaults(write):
    file = load(str(write(TARGET)), variables={}).file
    assert file.target == Target(base_url="https://game.example")
    assert (file.accounts, file.access.writes, file.webhook.header) == (Accounts(), True, None)
    assert file.paths.cinematic_url == "/hero/{hero_id}/cinematic/url"


def test_each_call_can_live_at_another_path(write):
    text = '[paths]\nregister = "/v2/sign-up"\nclaim = "/pass/{level}/{track}/{username}"'
    paths = load(str(write(TARGET + text)), variables={}).file.paths
    changed = {"register_": "/v2/sign-up", "claim": "/pass/{level}/{track}/{username}"}
    assert paths.model_dump() == Paths().model_dump() | changed


def test_renamed_call_goes_to_its_new_path_below_the_prefix(meet):
    async def answer(request):
        return 200, request.target

    async def register(meeting):
        return (await meeting.api.register("adam", "password")).json

    target = {"base_url": "http://target.invalid", "api_prefix": "/game"}
    assert meet(answer, register, target=target, paths={"register": "/sign-up"}) == "/game/sign-up"


@pytest.mark.parametrize(
    ("url", "read"),
    [
        ("https://Play.Example/", "https://play.example"),
        ("HTTPS://play.example:443", "https://play.example"),
        ("https://play.example:80", "https://play.example:80"),
        ("http://LOCALHOST:80/", "http://localhost"),
        ("https://spätzle.example", "https://xn--sptzle-cua.example"),
    ],
)
def test_origin_is_read_as_a_browser_writes_it(write, url, read):
    assert load(str(write(f'[target]\nbase_url = "{url}"')), variables={}).file.target.base_url == read
    assert load(str(write(TARGET)), url, variables={}).file.target.base_url == read


def test_base_url_on_the_command_line_replaces_origin_and_start(write):
    path = write('[target]\nready_within_s = 3\n[target.start]\ncommand = ["x"]\ngenerate = ["A"]')
    environment = load(str(path), "http://127.0.0.1:8001/", variables={})
    assert environment.file.target == Target(base_url="http://127.0.0.1:8001", ready_within_s=3)
    assert environment.variables == {}


def test_python_in_a_start_command_is_this_interpreter():
    assert Start(command=["{python}", "-m", "reference"]).argv == [sys.executable, "-m", "reference"]


def test_environments_of_the_project_are_listed_with_what_they_say_of_themselves():
    assert available()["local"] == FOLDER / "local.toml"
    assert title(FOLDER / "local.toml") == (
        "The reference deployment, started for this run and stopped with it."
    )


@pytest.mark.parametrize("url", ["http://game.example", "http://10.0.0.7:8000", "http://notlocalhost"])
def test_plain_http_beyond_this_machine_is_refused_unless_the_file_allows_it(write, url):
    told = f"{url} would get secrets in the clear; write https://, or set target.allow_http = true"
    path = write(f'[target]\nbase_url = "{url}"')
    with pytest.raises(ConfigError) as in_the_file:
        load(str(path), variables={})
    assert str(in_the_file.value) == f"{path}: target.base_url: {told}"
    with pytest.raises(ConfigError) as on_the_line:
        load("local", url, variables={})
    assert str(on_the_line.value) == f"--base-url: {told}"
    write(f'[target]\nbase_url = "{url}"\nallow_http = true')
    assert load(str(path), variables={}).file.target.base_url == url


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1", "http://127.8.9.1", "http://[::1]:81", "http://a.localhost"]
)
def test_plain_http_on_this_machine_is_fine(write, url):
    assert load(str(write(TARGET)), url, variables={}).file.target.base_url == url


def test_stand_in_is_not_told_purchases_in_the_clear_either(write):
    path = write(TARGET + '[revenuecat]\nstand_in = "http://stand-in.example"')
    with pytest.raises(
        ConfigError, match=r"revenuecat\.stand_in: http://stand-in\.example would get secrets"
    ):
        load(str(path), variables={})


def test_command_line_says_how_long_to_wait_and_for_which_release():
    file = load("local", wait_s=2.5, version="1.4.2", variables={}).file
    assert (file.target.ready_within_s, file.expect.version) == (2.5, "1.4.2")
    assert file.target.start is not None


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"wait_s": 0}, "--wait: 0 is out of range; choose up to 3600 s"),
        ({"wait_s": -1}, "--wait: -1 is out of range; choose up to 3600 s"),
        ({"wait_s": float("nan")}, "--wait: nan is out of range; choose up to 3600 s"),
        ({"wait_s": 3601}, "--wait: 3601 is out of range; choose up to 3600 s"),
        ({"version": " "}, "--expect-version: names no version; write --expect-version=1.4.2"),
    ],
)
def test_slip_on_the_command_line_is_named(given, told):
    with pytest.raises(ConfigError) as caught:
        load("local", variables={}, **given)
    assert str(caught.value) == told
