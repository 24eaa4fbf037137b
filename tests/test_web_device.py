"""What a page finds in the browser of a visit, and what is read from there."""

import asyncio

import pytest
from playwright.async_api import async_playwright

from harness.web import device, finding
from harness.web.settings import Browser
from harness.web.storage import IN_DATABASES, KEPT

KEEPS = """async () => {
  localStorage.setItem('a', 'local');
  sessionStorage.setItem('a', 'session');
  const asked = indexedDB.open('store');
  asked.onupgradeneeded = () => asked.result.createObjectStore('rows');
  const database = await new Promise((done) => { asked.onsuccess = () => done(asked.result); });
  const rows = database.transaction('rows', 'readwrite').objectStore('rows');
  rows.put({state: {token: 'deep'}, bytes: new Uint8Array(3)}, 'b');
  rows.put('plain', 7);
  await new Promise((done) => { rows.transaction.oncomplete = done; });
}"""
HEARD = """() => {
  const heard = [];
  addEventListener('visibilitychange', () => heard.push(document.visibilityState));
  window.__show('hidden');
  window.__show('visible');
  return heard;
}"""
TAPPED = """(element) => {
  window.tapped = [];
  for (const kind of ['pointerdown', 'mousedown', 'pointerup', 'mouseup', 'click'])
    element.addEventListener(kind, (event) => {
      if (kind === 'pointerdown') element.setPointerCapture(event.pointerId);
      window.tapped.push(kind);
    });
}"""


@pytest.fixture(scope="module")
def found():
    """What a page says of its browser."""

    async def serve(route):
        await route.fulfill(body="<button>Tap</button>", content_type="text/html")

    async def go():
        async with async_playwright() as playwright:
            path = finding.executable(Browser())
            browser = await playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
            context = await browser.new_context(user_agent=device.user_agent(browser.version))
            await device.become(context)
            await context.route("**/*", serve)
            page = await context.new_page()
            await page.goto("https://play.example/")
            await page.evaluate(KEEPS)
            button = page.locator("button")
            await button.evaluate(TAPPED)
            await button.evaluate(device.TAPS, 2)
            said = {
                "names": await page.evaluate(
                    "[navigator.userAgent, ...navigator.userAgentData.brands.map(each => each.brand)]"
                ),
                "driven": await page.evaluate("navigator.webdriver"),
                "workers": await page.evaluate("'serviceWorker' in navigator"),
                "heard": await page.evaluate(HEARD),
                "stored": [*await page.evaluate(KEPT), *await page.evaluate(IN_DATABASES)],
                "tapped": await page.evaluate("window.tapped"),
            }
            await browser.close()
            return said

    return asyncio.run(go())


def test_page_takes_its_browser_for_a_player_s(found):
    assert [name for name in found["names"] if "headless" in name.lower()] == []
    assert "Chromium" in found["names"]
    assert found["driven"] is False


def test_page_has_no_service_worker_to_register(found):
    assert found["workers"] is False


def test_window_hears_of_background_and_foreground(found):
    assert found["heard"] == ["hidden", "visible"]


def test_all_that_a_page_keeps_is_read(found):
    assert sorted(map(tuple, found["stored"])) == [
        ("7", "plain"),
        ("a", "local"),
        ("a", "session"),
        ("b", '{"state":{"token":"deep"},"bytes":null}'),
    ]


def test_taps_are_whole(found):
    assert found["tapped"] == ["pointerdown", "mousedown", "pointerup", "mouseup", "click"] * 2
