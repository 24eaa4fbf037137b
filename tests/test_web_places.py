"""Where a client is, by path or by hash, and which of its requests are calls of the API."""

from urllib.parse import urljoin

import pytest

from harness.paths import Paths
from harness.web.places import Place, of_the_api, place

BASE = "https://app.invalid/play/"


@pytest.mark.parametrize(
    ("url", "route", "source"),
    [
        ("https://app.invalid/play/paid-features?source=profile", "/play/paid-features", "profile"),
        ("https://app.invalid/play/paid-features/?source=profile#top", "/play/paid-features", "profile"),
        ("https://app.invalid/play/#/paid-features?source=profile", "/play#/paid-features", "profile"),
        ("https://app.invalid/play/?source=profile#!/paid-features", "/play#/paid-features", "profile"),
        ("https://app.invalid/play/paid-features", "/play/paid-features", None),
        ("https://app.invalid/play/paid-features?source=", "/play/paid-features", ""),
        ("about:blank", "blank", None),
    ],
)
def test_route_and_source_of_a_url(url, route, source):
    assert (place(url).route, place(url).source) == (route, source)


@pytest.mark.parametrize(
    ("url", "route", "there"),
    [
        (f"{BASE}paid-features?source=x", "paid-features", True),
        (f"{BASE}#/paid-features?source=x", "#/paid-features", True),
        (f"{BASE}?source=x#/paid-features", "#/paid-features", True),
        (BASE, "", True),
        (f"{BASE}store", "paid-features", False),
        (f"{BASE}paid-features/more", "paid-features", False),
        (f"{BASE}#/store", "#/paid-features", False),
    ],
)
def test_screen_is_recognised_by_its_route(url, route, there):
    assert (place(url).route == place(urljoin(BASE, route)).route) is there


def test_place_without_a_query_has_no_source():
    assert Place("/play").source is None


@pytest.mark.parametrize("prefix", ["/api", ""])
@pytest.mark.parametrize(
    ("path", "is_call"),
    [
        ("/entitlements/snapshot", True),
        ("/entitlements/snapshot?fresh=1", True),
        ("/hero/hero_1/cinematic/url", True),
        ("/battle-pass/adam/claim/premium/1", True),
        ("/battle-pass", False),
        ("/hero/hero_1", False),
        ("/main.js", False),
        ("/main.js?next=/entitlements/snapshot", False),
    ],
)
def test_call_of_the_api_is_recognised_at_any_host(prefix, path, is_call):
    url = f"https://proxy.invalid/backend{prefix}{path}"
    assert bool(of_the_api(prefix, Paths()).search(url)) is is_call
