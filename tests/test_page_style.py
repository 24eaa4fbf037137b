"""How the page looks: colours that can be read, and no rule for what is on no page."""

import re
from dataclasses import replace

import pytest

from tests.page_examples import EXAMPLES, NO_GO, STYLE, WATCHED, page
from tests.verdict_examples import LOGIN, issue, passed, result, verdict
from tests.visit_examples import with_visits


def colours(scheme: str) -> dict[str, str]:
    """The custom properties that hold colours, by name."""
    light, _, rest = STYLE.partition("@media screen and (prefers-color-scheme: dark)")
    found = dict(re.findall(r"--([a-z-]+): #([0-9a-f]{6});", light))
    return found | dict(re.findall(r"--([a-z-]+): #([0-9a-f]{6});", rest)) if scheme == "dark" else found


def luminance(colour: str) -> float:
    """Relative, from 0 to 1 (WCAG 2.2)."""
    channels = (int(colour[at : at + 2], 16) / 255 for at in (0, 2, 4))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_stand_out_from_what_is_behind_them(scheme):
    found = colours(scheme)
    panels = {"good": "good-panel", "bad": "bad-panel", "open": "open-panel"}
    pairs = [(ink, "paper") for ink in ("ink", "faint", "link", *panels)] + list(panels.items())
    pairs += [
        (ink, panel) for ink in ("ink", "faint", "link", "open") for panel in ("panel", *panels.values())
    ]
    contrast = {}
    for ink, behind in pairs:
        dark, light = sorted((luminance(found[ink]), luminance(found[behind])))
        contrast[ink, behind] = (light + 0.05) / (dark + 0.05)
    assert {pair: ratio for pair, ratio in contrast.items() if ratio < 4.5} == {}


def test_style_is_of_this_page():
    """No rule for what is on no page, and no colour that one scheme lacks."""
    pages = [
        page(each) for each in (*EXAMPLES.values(), NO_GO, verdict(result(LOGIN, "failed"), partial=True))
    ]
    pages.append(page(verdict(*passed(LOGIN), waivers=(issue(item=LOGIN),))))
    pages.append(page(with_visits()))
    pages.append(page(WATCHED))
    pages.append(page(replace(NO_GO, regions=("eu", "us"))))
    used = {
        name for root in pages for each in root.walk() for name in each.attributes.get("class", "").split()
    }
    assert set(re.findall(r"\.([a-z][a-z-]*)", re.sub(r"/\*.*?\*/", "", STYLE))) - used == {"attested"}
    assert set(re.findall(r"var\(--([a-z-]+)\)", STYLE)) == set(colours("light")) == set(colours("dark"))


def test_signs_are_hidden_from_who_hears_the_page():
    hidden = {each.attributes["class"] for each in page(NO_GO).walk() if "aria-hidden" in each.attributes}
    assert hidden == {"sign", "leg", "call"}  # what a bar shows, the number beside it says
    assert not re.search("[✓✗◐]", page(NO_GO).text)
