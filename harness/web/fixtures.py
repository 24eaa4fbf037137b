"""The objects of probes that visit the web client; see harness/fixtures.py."""

from collections.abc import Awaitable, Callable
from functools import partial

from harness.errors import Unprovable
from harness.evidence.probe import probe, resource
from harness.run import Run
from harness.target.lifecycle import Site
from harness.web import finding, offering
from harness.web.chromium import Chromium, Place
from harness.web.offering import Product
from harness.web.settings import Web


@resource()
def web(run: Run) -> Web:
    """The [web] section."""
    if run.environment.file.web is None:
        raise Unprovable("where the web client is, is not known", "add a [web] section")
    return run.environment.file.web


@resource("browser")
def browser(web: Web) -> str | None:
    """The browser to start, by its path; None: the one that [web.browser] calls by its channel."""
    if not finding.has_driver():
        raise Unprovable(
            "Playwright for Python is not installed", "install the extra `browser` of pyproject.toml"
        )
    if web.browser.channel:
        return None
    if (found := finding.executable(web.browser)) is None:
        raise Unprovable(
            "there is no Chromium or Chrome",
            "install one (`apt-get install chromium-headless-shell`), or set web.browser",
        )
    return found


@probe
async def app(run: Run, web: Web, browser: str | None, site: Site) -> Chromium:
    """The web client, in a browser that is ended with the run; for visits of nobody in particular."""
    place = Place.of(web, run.environment, site.origin)
    chromium = Chromium(run.environment, web, place, run.scenes, run.secrets, run.ledger, run.canary)
    run.gathering.at_end(chromium.close)
    await chromium.start(browser)
    return chromium


@probe
async def client(writing: None, app: Chromium) -> Chromium:
    """The same, for players: they sign in, and what they press may write."""
    return app


@resource()
def listed(run: Run, web: Web) -> Callable[[], Awaitable[tuple[Product, ...]]]:
    """The way to the products that the paywall has to show: the environment's own list, or RevenueCat's."""
    project = web.revenuecat
    if project is None:
        if not web.products:
            remedy = "set web.revenuecat, or list web.products"
            raise Unprovable("which products the paywall has to show is not known", remedy)
        return partial(offering.listed, web.products)
    key = run.environment.value(project.key_env) or ""
    return partial(offering.current, run.transport, run.site.stand_in or project.origin, project, key)


@probe
async def offered(listed: Callable[[], Awaitable[tuple[Product, ...]]]) -> tuple[Product, ...]:
    """The products that the paywall has to show."""
    return await listed()
