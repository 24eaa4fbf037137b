"""[web] of an environment file: where the client is, and how its screens are told apart.

Selectors are Playwright's, as text: by test id, placeholder, role or text, so that any client can be mapped.
"""

import re
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from harness.kinds import Hosts, Origin, Seconds, Strings, Variable, origin
from runbook.tomlfile import Section

Selector = Annotated[str, Field(min_length=1)]
REVENUECAT = "https://api.revenuecat.com"


def _place(text: str) -> str:
    if text.startswith("/") and not re.search(r"[?#\s]", text):
        return text if text.endswith("/") else f"{text}/"
    found = re.fullmatch(r"(https?://[^/?#\s]+)(/[^?#\s]*)?", text)
    if found is None:
        raise ValueError(
            f"{text!r} is no place of a client; write https://host/path/, or /path/ on the target"
        )
    path = found[2] or "/"
    return origin(found[1]) + (path if path.endswith("/") else f"{path}/")


def _route(text: str) -> str:
    if text.startswith("/") or "://" in text:
        raise ValueError(f"{text!r} does not lie below web.url; write it without a slash at its beginning")
    return text


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"{text!r} is no regular expression ({error}); mend it") from None
    return text


Route = Annotated[str, AfterValidator(_route)]


class Routes(Section):
    """Where each screen lives below `url`; `#/...` for a client that routes by the hash."""

    home: Route = ""
    login: Route = "login"
    hero: Route = "hero/{hero_id}"
    battle_pass: Route = "battle-pass"
    profile: Route = "profile"
    paywall: Route = "paid-features"  # contract, section 4

    @model_validator(mode="after")
    def _placeholder(self) -> "Routes":
        if "{hero_id}" not in self.hero:
            raise ValueError(
                "hero does not name {hero_id}; write where a hero's screen is, such as hero/{hero_id}"
            )
        return self


class Selectors(Section):
    """What tells the screens apart, and what a player presses."""

    login_screen: Selector
    username: Selector
    password: Selector
    submit: Selector
    signed_in: Selector
    cinematic_gate: Selector
    battle_pass_gate: Selector
    profile_gate: Selector
    cinematic_open: Selector
    battle_pass_open: Selector
    paywall: Selector
    product: Selector
    product_title: Selector
    product_price: Selector


class Telemetry(Section):
    """How the client says what happened: requests whose URL, or console lines whose text, `match` is found in."""

    via: Literal["request", "console"] = "request"
    match: Annotated[str, AfterValidator(_pattern)] = "telemetry"


class Storage(Section):
    """The keys of local or session storage under which the client keeps its token."""

    tokens: Strings = ()


class Price(Section):
    """A product as the paywall has to show it."""

    title: str
    price: Annotated[str, Field(pattern=r"^\d+(\.\d+)?$")]  # "9.99"
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "USD"

    @property
    def amount(self) -> Decimal:
        return Decimal(self.price)


class Project(Section):
    """A RevenueCat project whose current offering the paywall has to show."""

    id: str
    key_env: Variable
    origin: Origin = REVENUECAT


class Browser(Section):
    """Which browser; where neither of the first two keys is set, one is looked for."""

    executable: str | None = None
    channel: str | None = None  # "chrome", "msedge": as Playwright calls an installed browser
    traces: bool = True  # of each visit, kept after a failure

    @model_validator(mode="after")
    def _one(self) -> "Browser":
        if self.executable and self.channel:
            raise ValueError("has both executable and channel; keep one")
        if self.executable and not Path(self.executable).is_file():
            raise ValueError(
                f"executable {self.executable} is no file; name a Chromium or Chrome, or remove the key"
            )
        return self


class Web(Section):
    url: Annotated[str, AfterValidator(_place)]
    hosts: Hosts = ()  # that the client needs beside its own and the target's
    shows_within_s: Seconds = 10
    selectors: Selectors
    routes: Routes = Routes()
    telemetry: Telemetry = Telemetry()
    storage: Storage = Storage()
    products: Annotated[tuple[Price, ...], Field(strict=False)] = ()
    revenuecat: Project | None = None
    browser: Browser = Browser()

    @model_validator(mode="after")
    def _one_source(self) -> "Web":
        if self.products and self.revenuecat:
            raise ValueError(
                "has both products and revenuecat; keep the one that says what the paywall shows"
            )
        return self
