"""[predeploy] of an environment file: what is to be looked at before the deploy."""

import sys
from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field, model_validator

from harness.kinds import Command, NoCommand, Origin, Seconds, Strings, Variable, in_the_clear
from harness.postdeploy.settings import STAND_IN, Service
from harness.web.settings import REVENUECAT
from runbook.tomlfile import Section

Names = Annotated[tuple[Variable, ...], Field(strict=False)]

# What is sold for which RevenueCat entitlement (contract, sections 4 and 6).
ENTITLEMENTS: dict[str, tuple[str, ...]] = {
    "premium": ("premium_monthly",),
    "premium_cinematics": ("premium_cinematics_pack",),
    "no_ads": ("no_ads_forever",),
    "starter_pack": ("starter_pack",),
}
# Those that change what a player owns (contract, section 6), as REST v2 calls them.
EVENTS = (
    "initial_purchase",
    "renewal",
    "uncancellation",
    "non_renewing_purchase",
    "cancellation",
    "expiration",
    "transfer",
)

# What may be read of a project, below /v2/projects/{id}/; `*` is one segment.
READS = (
    "products",
    "offerings",
    "offerings/*/packages",
    "packages/*/products",
    "entitlements",
    "entitlements/*/products",
    "integrations/webhooks",
)


def argv(command: Sequence[str], **places: str) -> list[str]:
    """The command as an argument list; "{python}" is this interpreter, `places` are further such words."""
    words = {"python": sys.executable, **places}
    found = list(command)
    for word, value in words.items():
        found = [part.replace(f"{{{word}}}", value) for part in found]
    return found


def readable(project: str) -> list[str]:
    """The paths of a project that may be read, with `*` for one segment."""
    return [f"/v2/projects/{project}/{name}" for name in READS]


class Guard(Section):
    """A command that has to end with 0 before anything is deployed. `within`: the folder that it is run in."""

    command: Command
    within: str | None = None
    takes_at_most_s: Seconds = 300


class Startup(Section):
    """How the backend is started. `secrets`: it must refuse to start without one of them; `generate`: it gets these,
    too, made up. `port_variable`: gets a free port; "{port}" in the command is the same."""

    command: Command
    within: str | None = None
    variables: dict[Variable, str] = Field(default_factory=dict)
    secrets: Names = ("REVENUECAT_SECRET_KEY", "REVENUECAT_WEBHOOK_SECRET")
    generate: Names = ("JWT_SECRET_KEY",)
    port_variable: Variable | None = None
    takes_at_most_s: Seconds = 60


class Switches(Section):
    """Where the variables of the release are. `backend_urls`: origins that its clients may use beside the target's."""

    source: Literal["none", "environment", "file", "command"] = "none"
    path: str | None = None
    command: NoCommand = ()
    takes_at_most_s: Seconds = 60
    backend_urls: Annotated[tuple[Origin, ...], Field(strict=False)] = ()

    @model_validator(mode="after")
    def _complete(self) -> "Switches":
        if self.source == "file" and not self.path:
            raise ValueError('source is "file" without a path; set predeploy.switches.path')
        if self.source == "command" and not self.command:
            raise ValueError(
                'source is "command" without a command; set predeploy.switches.command = ["..."]'
            )
        return self


class RevenueCatProject(Section):
    """What a RevenueCat project has to hold. `entitlements`: with the products that grant each, by their identifiers
    in the store; `products`: further ones; `offering`: the key of the current one, None: any."""

    project: Annotated[str, Field(pattern=r"^[\w-]+$")]
    key_env: Variable
    origin: Service = REVENUECAT
    products: Strings = ()
    offering: str | None = None
    entitlements: dict[str, Strings] = Field(default_factory=lambda: dict(ENTITLEMENTS))
    webhook_url: str | None = None
    webhook_environment: Literal["production", "sandbox"] = "production"
    webhook_events: Strings = EVENTS

    @model_validator(mode="after")
    def _private(self) -> "RevenueCatProject":
        if self.origin != STAND_IN and in_the_clear(self.origin):
            raise ValueError(f'{self.origin} would get the key in the clear; write origin = "https://..."')
        return self

    @property
    def sold(self) -> tuple[str, ...]:
        """Every product that has to be there, once."""
        granting = (each for products in self.entitlements.values() for each in products)
        return tuple(dict.fromkeys([*granting, *self.products]))


class Order(Section):
    """What has to be live before the frontend is deployed. `migrations`: ends with 0 when none is pending."""

    backend_version: Annotated[str, Field(min_length=1)] | None = None
    migrations: NoCommand = ()
    within: str | None = None
    takes_at_most_s: Seconds = 60


class Predeploy(Section):
    guards: Annotated[tuple[Guard, ...], Field(strict=False)] = ()
    startup: Startup | None = None
    switches: Switches = Switches()
    revenuecat: RevenueCatProject | None = None
    order: Order = Order()
