"""A player's browser, as a page sees it: one that goes to the background, and that no robot drives."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext


async def become(context: "BrowserContext") -> None:
    """Make the pages of a context, before they load, find themselves on a player's device."""
    await context.add_init_script("".join(f"({script})();" for script in (_VISIBILITY, _PERSON, _NO_WORKER)))


def user_agent(version: str) -> str:
    """What a Chrome of that version calls itself; what a "HeadlessChrome" reports, services for statistics drop."""
    chrome = f"Chrome/{version.partition('.')[0]}.0.0.0"
    return f"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) {chrome} Safari/537.36"


# Taps before the page can draw anything in between; with all that a tap consists of, since some listen for pointers.
TAPS = """(element, times) => {
  const {left, top, width, height} = element.getBoundingClientRect();
  const here = {bubbles: true, cancelable: true, composed: true, clientX: left + width / 2, clientY: top + height / 2};
  const send = (Kind, name, buttons) => element.dispatchEvent(
    new Kind(name, {...here, buttons, pointerId: 1, pointerType: 'mouse', isPrimary: true}));
  while (times--) {
    send(PointerEvent, 'pointerdown', 1);
    send(MouseEvent, 'mousedown', 1);
    send(PointerEvent, 'pointerup', 0);
    send(MouseEvent, 'mouseup', 0);
    element.click();
  }
}"""
# A tab goes to the background like this; Playwright keeps every page "visible" otherwise. The event bubbles, as a
# browser's own does: there are clients that listen on the window.
_VISIBILITY = """() => {
  let state = 'visible';
  Object.defineProperty(document, 'visibilityState', {configurable: true, get: () => state});
  Object.defineProperty(document, 'hidden', {configurable: true, get: () => state === 'hidden'});
  window.__show = (next) => {
    if (next === 'hidden') window.dispatchEvent(new Event('blur'));
    state = next;
    document.dispatchEvent(new Event('visibilitychange', {bubbles: true}));
    if (next === 'visible') window.dispatchEvent(new Event('focus'));
  };
}"""
_PERSON = """() => {
  Object.defineProperty(Navigator.prototype, 'webdriver', {configurable: true, get: () => false});
  const kept = window.NavigatorUAData && Object.getOwnPropertyDescriptor(NavigatorUAData.prototype, 'brands');
  if (!kept) return;
  const brands = function () { return kept.get.call(this).filter(({brand}) => !brand.startsWith('Headless')); };
  Object.defineProperty(NavigatorUAData.prototype, 'brands', {configurable: true, get: brands});
}"""
# As in a private window of some browsers: Playwright's own way lets a registration succeed without giving one, on
# which libraries stumble.
_NO_WORKER = "() => { delete Navigator.prototype.serviceWorker; }"
