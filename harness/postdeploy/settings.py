"""[postdeploy] of an environment file: since when the release is out, and who knows how it fares."""

import re
from collections.abc import Iterator
from typing import Annotated

import httpx
from pydantic import AfterValidator, AwareDatetime, Field, model_validator

from harness.kinds import Strings, Variable, in_the_clear, origin
from runbook.signals import Minutes
from runbook.tomlfile import Section

STAND_IN = "{stand_in}"
# One segment, and none that a server might take for a way up.
_RELEASE = re.compile(r"(?!(?:\.|%2[eE]){1,2}/)[^/?]+/")


def _origin(text: str) -> str:
    return text if text == STAND_IN else origin(text)


# "{stand_in}": where the RevenueCat stand-in is, which plays the others, too.
Service = Annotated[str, AfterValidator(_origin)]
Property = Annotated[str, Field(pattern=r"^[A-Za-z0-9_$.-]+$")]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$")]


class Sentry(Section):
    """`projects`: numeric ids; none: all that the token may see. `release`: as the SDKs report it."""

    origin: Service = "https://sentry.io"
    organization: Name
    projects: Strings = ()
    environment: str | None = None
    release: Annotated[str, Field(min_length=1)] = "{version}"
    token_env: Variable

    @property
    def path(self) -> str:
        """Of the organization's issues (Sentry's API reference, "List an Organization's Issues")."""
        return f"/api/0/organizations/{self.organization}/issues/"

    @property
    def releases(self) -> str:
        """Of the organization's releases (Sentry's API reference, "Retrieve an Organization's Release")."""
        return f"/api/0/organizations/{self.organization}/releases/"


class PostHog(Section):
    """`release_property`: of an event, with the version that it is of; None: events do not tell."""

    origin: Service = "https://us.posthog.com"
    project: Name
    release_property: Property | None = None
    key_env: Variable

    @property
    def path(self) -> str:
        """Of queries (PostHog's API reference, "Query"): a POST that only reads."""
        return f"/api/projects/{self.project}/query/"


class Export(Section):
    """A file of events: CSV with a header, or one JSON object a line; `event` and `timestamp` are read.

    `release_property`: a column more, with the version that an event is of.
    """

    path: Annotated[str, Field(min_length=1)]
    release_property: Property | None = None


class Postdeploy(Section):
    """`settles_m`: minutes until a service shows what happened; None: those of runbook/signals.toml."""

    since: AwareDatetime | None = None
    settles_m: Minutes | None = None
    sentry: Sentry | None = None
    posthog: PostHog | None = None
    export: Export | None = None

    @model_validator(mode="after")
    def _one_source(self) -> "Postdeploy":
        if self.posthog is not None and self.export is not None:
            raise ValueError("has both posthog and export; keep the one that counts the events")
        return self

    @property
    def release_property(self) -> str | None:
        """Of the events, whoever counts them."""
        source = self.posthog or self.export
        return None if source is None else source.release_property

    @property
    def services(self) -> Iterator[tuple[str, str, Sentry | PostHog]]:
        """Name, method and settings of those that are asked over HTTP."""
        if self.sentry is not None:
            yield "sentry", "GET", self.sentry
        if self.posthog is not None:
            yield "posthog", "POST", self.posthog

    def reads(self, stand_in: str | None) -> frozenset[tuple[str, httpx.URL]]:
        """The methods and places that are read, without their queries."""
        return frozenset(
            (method, httpx.URL(place + each.path))
            for _, method, each in self.services
            if (place := located(each.origin, stand_in)) is not None
        )

    def may_read(self, method: str, url: httpx.URL, stand_in: str | None) -> bool:
        """Whether a request is one of these, or for one of Sentry's releases, whose name the file leaves open."""
        if (method, url.copy_with(query=None, fragment=None)) in self.reads(stand_in):
            return True
        if self.sentry is None or (place := located(self.sentry.origin, stand_in)) is None or method != "GET":
            return False
        name = url.raw_path.decode("ascii").removeprefix(self.sentry.releases)
        return url.copy_with(raw_path=b"/") == httpx.URL(place + "/") and bool(_RELEASE.fullmatch(name))

    def in_the_clear(self) -> Iterator[tuple[str, str]]:
        """Key and origin of those to which a token would go in the clear, beyond this machine."""
        for name, _, each in self.services:
            if each.origin != STAND_IN and in_the_clear(each.origin):
                yield f"postdeploy.{name}.origin", each.origin


def located(named: str, stand_in: str | None) -> str | None:
    """The origin that is meant; None for a stand-in where there is none."""
    return stand_in if named == STAND_IN else named
