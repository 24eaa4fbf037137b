"""What is heard of a page that came over https, and asks for something in the clear."""

import asyncio

import pytest
from playwright.async_api import async_playwright

from harness.evidence.secrets import Secrets
from harness.web import finding
from harness.web.settings import Browser, Telemetry
from harness.web.tape import Tape

IN_THE_CLEAR = {
    "script": "made('script')",
    "frame": "made('iframe')",
    "call": "fetch('http://play.example/a').catch(() => {})",
}
MADE = """const made = (tag) => document.body.append(
  Object.assign(document.createElement(tag), {src: 'http://play.example/a'}))"""


@pytest.fixture(scope="module")
def heard():
    """The tape of a page with each of them, and of one with none."""

    async def serve(route):
        await route.fulfill(body="<h1>Sign in</h1>", content_type="text/html")

    async def go():
        tapes = {}
        async with async_playwright() as playwright:
            path = finding.executable(Browser())
            browser = await playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
            for name, asks in {**IN_THE_CLEAR, "none": ""}.items():
                page = await browser.new_page()
                tapes[name] = Tape(page, Telemetry(), Secrets(), None)
                await page.route("**/*", serve)
                await page.goto("https://play.example/")
                await page.evaluate(f"() => {{ {MADE}; {asks}; }}")
                await page.evaluate("() => fetch('/done').then(() => null)")
            await browser.close()
        return tapes

    return asyncio.run(go())


@pytest.mark.parametrize("what", IN_THE_CLEAR)
def test_what_is_asked_for_in_the_clear_is_an_error(heard, what):
    assert [error for error in heard[what].errors if error.startswith("Mixed Content: ")] != []


@pytest.mark.parametrize("what", ["script", "call"])
def test_request_in_the_clear_has_failed(heard, what):
    assert [said for said in heard[what].failed if said.startswith("GET http://")] != []


def test_page_that_asks_for_nothing_in_the_clear_is_well(heard):
    assert (heard["none"].errors, heard["none"].failed) == ([], [])
