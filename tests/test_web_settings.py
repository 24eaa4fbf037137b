"""[web] of an environment file: what it may say, and what is said of a mistake."""

import tomllib
from pathlib import Path

import pytest
import tomli_w

from harness.environment import load
from harness.errors import ConfigError

ROOT = Path(__file__).parent.parent
WEB = tomllib.loads((ROOT / "environments" / "local.toml").read_text("utf-8"))["web"]


@pytest.fixture
def loaded(tmp_path):
    """An environment with this [web]."""

    def loaded(**web):
        path = tmp_path / "it.toml"
        without = {key: value for key, value in WEB.items() if key != "revenuecat"}
        sections = {"target": {"base_url": "https://target.invalid"}, "web": {**without, **web}}
        path.write_text(tomli_w.dumps(sections), "utf-8")
        return load(str(path), variables={"RC_KEY": "key-of-revenuecat"})

    return loaded


@pytest.mark.parametrize(
    ("url", "read"),
    [
        ("/app", "/app/"),
        ("/", "/"),
        ("https://app.invalid", "https://app.invalid/"),
        ("https://a.invalid/x", "https://a.invalid/x/"),
        ("https://A.Invalid:443/X", "https://a.invalid/X/"),
    ],
)
def test_place_of_the_client_is_a_folder(loaded, url, read):
    assert loaded(url=url).file.web.url == read


def test_hosts_are_those_that_a_browser_names(loaded):
    """At its usual port no scheme has one in a URL."""
    web = loaded(
        hosts=["Fonts.Example", "a.example:443", "b.example:80", "c.example:8080", "[::1]:80"]
    ).file.web
    assert web.hosts == ("fonts.example", "a.example", "b.example", "c.example:8080", "[::1]")


@pytest.mark.parametrize(
    ("web", "said"),
    [
        ({"url": "app"}, "web.url: 'app' is no place of a client; write https://host/path/"),
        ({"url": "https://a.invalid/?x=1"}, "is no place of a client"),
        *(
            ({"hosts": [host]}, f"web.hosts.0: {host!r} is no host; write host[:port]")
            for host in ("https://a.invalid", "a.invalid/", "a.invalid/x", "me@a.invalid", "a:b", "")
        ),
        ({"routes": {"login": "/login"}}, "web.routes.login: '/login' does not lie below web.url"),
        ({"routes": {"hero": "hero"}}, "web.routes: hero does not name {hero_id}"),
        ({"telemetry": {"match": "("}}, "web.telemetry.match: '(' is no regular expression"),
        ({"selectors": {"paywall": "x"}}, "web.selectors.login_screen: missing; add this key"),
        (
            {"selectors": WEB["selectors"] | {"pay_wall": "x"}},
            "web.selectors.pay_wall: unknown key; did you mean paywall?",
        ),
        (
            {"browser": {"executable": "/no/such/browser"}},
            "executable /no/such/browser is no file; name a Chromium",
        ),
        (
            {"browser": {"executable": "/bin/sh", "channel": "chrome"}},
            "both executable and channel; keep one",
        ),
        ({"products": [{"title": "Premium", "price": "4,99"}]}, "web.products.0.price"),
        (
            {
                "products": [{"title": "Premium", "price": "4.99"}],
                "revenuecat": {"id": "p", "key_env": "RC_KEY"},
            },
            "web: has both products and revenuecat; keep the one",
        ),
        (
            {"revenuecat": {"id": "p", "key_env": "UNSET_KEY"}},
            "web.revenuecat.key_env: the variable UNSET_KEY is not set",
        ),
    ],
)
def test_mistake_is_named_with_its_remedy(loaded, web, said):
    with pytest.raises(ConfigError) as error:
        loaded(**web)
    assert said in str(error.value)


def test_key_of_revenuecat_is_a_secret(loaded):
    environment = loaded(revenuecat={"id": "proj_1", "key_env": "RC_KEY"})
    assert environment.secrets == {"RC_KEY": "key-of-revenuecat"}
