"""The objects of probes that look before the deploy; see harness/fixtures.py."""

from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

from harness.environment import process_variables
from harness.errors import Unprovable
from harness.evidence.probe import resource
from harness.postdeploy.settings import located
from harness.predeploy import dotenv, learned
from harness.predeploy.project import Project
from harness.predeploy.settings import Guard, Order, Predeploy, RevenueCatProject, Startup
from harness.predeploy.startup import Backend
from harness.predeploy.switches import Release, Source
from harness.run import Run
from harness.target.api import Api
from harness.web.pages import Pages
from runbook.switches import load_switches


@resource()
def predeploy_settings(run: Run) -> Predeploy:
    """The [predeploy] section; where there is none, each item says itself what it lacks.

    All that runs something of the release stands on it: from here on no output of this process shows the secrets
    that are at hand.
    """
    file = run.environment.file
    settings = file.predeploy or Predeploy()
    given = [process_variables()]
    given += [start.variables for start in (file.target.start, settings.startup) if start is not None]
    if settings.switches.source == "file" and settings.switches.path is not None:
        given.append(dotenv.read(Path(settings.switches.path)))
    for variables in given:
        learned.learn(run.secrets, load_switches(), variables)
    return settings


@resource()
def guards(predeploy_settings: Predeploy) -> tuple[Guard, ...]:
    """The commands that have to end well."""
    if not predeploy_settings.guards:
        raise Unprovable("no guard is named", "add [[predeploy.guards]] with a command")
    return predeploy_settings.guards


@resource()
def backend(run: Run, predeploy_settings: Predeploy, release_source: Source) -> Backend:
    """The way to start the backend: as [predeploy.startup] says, else as [target.start] does."""
    file, given = run.environment.file, predeploy_settings.startup
    key = "predeploy.startup.command" if given is not None else "target.start.command"
    if given is None and (start := file.target.start) is not None:
        given = Startup(
            command=start.command,
            variables=start.variables,
            generate=start.generate,
            takes_at_most_s=file.target.ready_within_s,
        )
    if given is None:
        raise Unprovable("how the backend is started is not known", "add [predeploy.startup] with a command")
    api = partial(Api, run.environment, run.transport)
    shown = release_source.shown
    return Backend(given, process_variables(), load_switches(), run.secrets, api, shown, key)


@resource()
def release_source(run: Run, predeploy_settings: Predeploy) -> Source:
    """Where the release's variables are, if that is known."""
    target = run.environment.file.target
    settings, variables = predeploy_settings.switches, process_variables()
    return Source(settings, variables, target.api_prefix, run.secrets, target.base_url)


@resource()
def switches_source(
    predeploy_settings: Predeploy, release_source: Source
) -> Callable[[], Awaitable[Release]]:
    """The way to the release's variables."""
    if predeploy_settings.switches.source == "none":
        remedy = "write --switches=FILE, or set predeploy.switches.source"
        raise Unprovable("where the release's variables are is not known", remedy)
    return release_source.read


@resource()
def project_wanted(predeploy_settings: Predeploy) -> RevenueCatProject:
    """What the RevenueCat project has to hold."""
    if predeploy_settings.revenuecat is None:
        raise Unprovable("the RevenueCat project is not known", "add a [predeploy.revenuecat] section")
    return predeploy_settings.revenuecat


@resource()
def project(run: Run, project_wanted: RevenueCatProject) -> Project:
    """The RevenueCat project, at the origin that is named and at no other: it gets the key."""
    key = run.environment.value(project_wanted.key_env) or ""
    origin = located(project_wanted.origin, run.site.stand_in)
    if origin is None:
        if not run.may_have_stand_in:
            remedy = "set revenuecat.stand_in, or RevenueCat's own predeploy.revenuecat.origin"
            raise Unprovable("there is no stand-in", remedy)
        origin = project_wanted.origin  # it is not known yet, and nothing is asked before it is
    return Project(Pages(run.transport, origin, project_wanted.project, key, "predeploy.revenuecat"))


@resource()
def webhook_address(run: Run, project_wanted: RevenueCatProject, api: Api) -> str:
    """Where RevenueCat has to send its webhooks."""
    return project_wanted.webhook_url or api.webhook_url


@resource()
def order(predeploy_settings: Predeploy) -> Order:
    """The [predeploy.order] section."""
    return predeploy_settings.order


@resource()
def backend_version(run: Run, order: Order) -> str:
    """The version of the backend that the frontend needs."""
    wanted = order.backend_version or run.environment.file.expect.version
    if wanted is None:
        remedy = "set predeploy.order.backend_version, or write --expect-version=V"
        raise Unprovable("which backend the frontend needs is not known", remedy)
    return wanted


@resource()
def migrations(order: Order) -> tuple[str, ...]:
    """The command that ends with 0 when no migration is pending."""
    if not order.migrations:
        remedy = 'set predeploy.order.migrations; ["true"] for a release that has none'
        raise Unprovable("whether migrations are done is not known", remedy)
    return order.migrations
