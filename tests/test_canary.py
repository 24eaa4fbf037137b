"""A staged rollout: the header that leads to the new build, the address it has, and what players get meanwhile."""

import asyncio
import re
from pathlib import Path

import httpx
import pytest
from hostile.server import Hostile, answer
from playwright.async_api import async_playwright

from harness.environment import Environment, File, process_variables
from harness.errors import ConfigError
from harness.evidence.ledger import Ledger
from harness.rollout import Rollout
from harness.target.api import Api
from harness.target.canary import canary
from harness.target.lifecycle import versions
from harness.target.transport import Transport
from harness.web import finding
from harness.web.gate import Gate
from harness.web.settings import Browser, Selectors

ALWAYS = "X-Canary: always"
SELECTORS = dict.fromkeys(Selectors.model_fields, "text=nowhere")


@pytest.mark.parametrize("text", ["X-Canary:always", "X-Canary: always", " X-Canary :  always "])
def test_name_and_value(text):
    found = canary(text, {})
    assert (found.name, found.value, str(found)) == ("X-Canary", "always", ALWAYS)


def test_value_of_a_variable_is_shown_by_its_name():
    found = canary("X-Canary:@ROUTE_KEY", {"ROUTE_KEY": "abc def"})
    assert (found.value, str(found)) == ("abc def", "X-Canary: <ROUTE_KEY>")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is not NAME:VALUE"),
        ("X-Canary", "is not NAME:VALUE"),
        (":always", "is not NAME:VALUE"),
        ("X Canary:always", "is not NAME:VALUE"),
        ("X-Canary\r\nX-B:always", "is not NAME:VALUE"),
        ("X-Canary:", "its value is empty"),
        ("X-Canary:a\r\nb", "its value is empty, too long or not plain ASCII"),
        ("X-Canary:ä", "its value is empty, too long or not plain ASCII"),
        ("X-Canary:" + "a" * 1001, "its value is empty, too long"),
        ("X-Canary:@GONE", "the variable GONE is not set"),
        ("X-Canary:@SPLIT", "the value of SPLIT is empty, too long"),
        ("authorization:x", "authorization is a header that the checks set"),
        ("Host:x", "Host is a header that the checks set"),
        ("X-Hook:x", "X-Hook is a header that the checks set"),
    ],
)
def test_header_that_cannot_be_sent(text, said):
    with pytest.raises(ConfigError) as error:
        canary(text, {"SPLIT": "hidden\nvalue"}, ["x-hook"])
    assert str(error.value).startswith(f"--canary-header: {said}")
    assert "hidden" not in str(error.value)


@pytest.mark.parametrize(
    ("url", "carries"),
    [
        ("https://game.example/api/health", True),
        ("https://GAME.example:443/api/health?a=b", True),
        ("https://game.example:8443/api/health", False),
        ("http://game.example/api/health", False),
        ("https://game.example.evil.example/", False),
        ("https://game.example@evil.example/", False),
        ("https://api.revenuecat.com/v1/subscribers", False),
    ],
)
def test_header_goes_to_the_target_alone(url, carries):
    found = canary(ALWAYS, {})
    found.origins.add("https://game.example")
    assert found.added({"Accept": "*/*", "x-canary": "never"}, url) == (
        {"Accept": "*/*", "X-Canary": "always"} if carries else {"Accept": "*/*", "x-canary": "never"}
    )


def test_every_request_of_the_transport_to_the_target_carries_it(serving, make_environment, tmp_path):
    seen = []

    async def note(request):
        seen.append((request.headers["host"], request.headers.get("x-canary")))
        return 200, {"version": "2.0.0"}

    async def main():
        async with serving(note) as ours, serving(note) as another:
            found = canary(ALWAYS, {})
            found.origins.add(ours)
            transport = Transport(make_environment(), Ledger(tmp_path / "ledger.jsonl"), None, found)
            api = Api(make_environment(), transport, ours)
            await api.health()
            await api.register("smoke_1", "password")
            await transport.send("GET", httpx.URL(f"{another}/v1/subscribers"), {})
            transport.watch(api.health_url)
            await transport._feel(httpx.Request("GET", f"{ours}/x"), "no answer")
            mix = await versions(api, 3)
            await transport.close()
            return ours.removeprefix("http://"), another.removeprefix("http://"), mix

    ours, another, mix = asyncio.run(main())
    assert seen == [(ours, "always")] * 2 + [(another, None)] + [(ours, "always")] * 4
    assert mix == {"2.0.0": 3}


# --- the browser


def page(other):
    return f"""<script type="module">
      await fetch("/api/own", {{method: "POST", body: "x"}});
      await fetch("{other}/list");
      await fetch("/moved");
      await fetch("/api/moved-here");
      document.title = "done";
    </script>""".encode()


@pytest.mark.parametrize("writes", [True, False])
def test_browser_sends_it_to_the_target_and_nowhere_else(writes, tmp_path):
    cors = "Access-Control-Allow-Origin: *"
    with Hostile(lambda asked: iter([answer({}, "200 OK", cors)])) as other:

        def target(asked):
            if asked.path == "/":
                yield answer(page(other.origin), kind="text/html")
            elif "moved" in asked.path and asked.path != "/api/there":
                place = "/api/there" if "here" in asked.path else f"{other.origin}/there"
                yield answer({}, "302 Found", f"Location: {place}")
            else:
                yield answer({})

        with Hostile(target) as ours:
            asyncio.run(visit(ours.origin, other.origin, writes, tmp_path))
            carried = {(asked.path, "x-canary: always" in asked.head.lower()) for asked in ours.seen}
    assert {("/", True), ("/moved", True)} <= carried
    assert (("/api/own", True) in carried, ("/api/there", True) in carried) == (writes, writes)
    assert {there for path, there in carried if path != "/favicon.ico"} == {True}
    assert {asked.path for asked in other.seen} >= ({"/list", "/there"} if writes else {"/list"})
    assert not [asked.head for asked in other.seen if "canary" in asked.head.lower()]


async def visit(ours: str, other: str, writes: bool, folder: Path) -> None:
    hosts = [re.sub("^http://", "", origin) for origin in (ours, other)]
    file = File.model_validate(
        {
            "target": {"base_url": ours},
            "access": {"writes": writes},
            "web": {
                "url": "/",
                "hosts": hosts[1:],
                "selectors": SELECTORS | {"login_screen": "text=Sign in"},
            },
        }
    )
    found = canary(ALWAYS, process_variables())
    found.origins.add(ours)
    environment = Environment("canary", folder / "canary.toml", file, {})
    gate = Gate(environment, file.web, f"{ours}/", frozenset(hosts), found)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=finding.executable(Browser()), args=["--no-sandbox", *gate.arguments()]
        )
        context = await browser.new_context()
        await gate.guard(context, [])
        tab = await context.new_page()
        await tab.goto(f"{ours}/")
        if writes:
            await tab.wait_for_function("document.title === 'done'")
        else:  # what is refused ends the script
            await tab.evaluate(f"""() => Promise.allSettled([fetch("/moved"), fetch("{other}/list")])""")
        await browser.close()


# --- the whole suite


def test_run_says_which_build_it_was_about_and_what_players_get(suite):
    ended = suite(
        "smoke/test_health.py",
        "--canary-header=X-Canary:@ROUTE_KEY",
        "--samples=7",
        variables={"ROUTE_KEY": "route-key-to-hide"},
    )
    assert ended.code == 0, ended.said
    notes = ended.verdict["notes"]
    said = "every request to the target carried the header X-Canary: <ROUTE_KEY>: this is about that build"
    assert said in notes
    assert "of 7 answers of health, asked as a player asks: 7 from 1.0.0 (100 %)" in notes
    assert not [path for path in ended.reports.rglob("*") if b"route-key-to-hide" in path.read_bytes()]


def test_mix_of_versions_is_told_the_most_frequent_first():
    said = Rollout(samples=20).mix({"1.4.2": 2, "nowhere": 1, "1.4.1": 17})
    assert said.endswith("asks: 17 from 1.4.1 (85 %), 2 from 1.4.2 (10 %), 1 from nowhere (5 %)")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--canary-header=nonsense"], "--canary-header: is not NAME:VALUE"),
        (["--canary-header=X-Canary:@NOT_SET"], "--canary-header: the variable NOT_SET is not set"),
        (["--samples=0"], "--samples: 0 is out of range"),
        (["--canary-base-url=http://127.0.0.1:1"], "--canary-base-url: local has no address of its own"),
        (
            ["--canary-base-url=http://127.0.0.1:1", "--base-url=http://127.0.0.1:2"],
            "--canary-base-url: is given beside --base-url",
        ),
    ],
)
def test_unusable_option_is_a_usage_error(suite, options, said):
    ended = suite("smoke/test_health.py", *options)
    assert (ended.code, said in ended.said) == (4, True)


STAGED = """
[target]
base_url = "{public}"
ready_within_s = 5
"""


def test_canary_address_is_checked_and_the_public_one_sampled(suite):
    def build(version):
        return Hostile(lambda asked: iter([answer({"status": "healthy", "version": version})]))

    with build("1.4.1") as public, build("1.4.2") as new:
        ended = suite(
            "smoke/test_health.py",
            f"--canary-base-url={new.origin}",
            "--samples=3",
            "--expect-version=1.4.2",
            env=STAGED.format(public=public.origin),
        )
        assert len(public.seen) == 3
    assert (ended.verdict["version"], ended.verdict["base_url"]) == ("1.4.2", new.origin)
    said = f"the build at {new.origin} was checked, and not {public.origin}, where players are"
    mix = "of 3 answers of health, asked as a player asks: 3 from 1.4.1 (100 %)"
    assert {said, mix} <= set(ended.verdict["notes"])
