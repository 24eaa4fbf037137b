"""The objects of probes that look before the deploy; see harness/fixtures.py."""

from collections.abc import Awaitable, Callable
from functools import partial

from harness.environment import process_variables
from harness.errors import Unprovable
from harness.evidence.probe import resource
from harness.predeploy import switches
from harness.predeploy.project import Project
from harness.predeploy.settings import Guard, Order, Predeploy, RevenueCatProject, Startup
from harness.predeploy.startup import Backend
from harness.predeploy.switches import Release
from harness.run import Run
from harness.target.api import Api
from harness.web.pages import Pages
from runbook.switches import load_switches


@resource()
def predeploy_settings(run: Run) -> Predeploy:
    """The [predeploy] section; where there is none, each item says itself what it lacks."""
    return run.environment.file.predeploy or Predeploy()


@resource()
def guards(predeploy_settings: Predeploy) -> tuple[Guard, ...]:
    """The commands that have to end well."""
    if not predeploy_settings.guards:
        raise Unprovable("no guard is named", "add [[predeploy.guards]] with a command")
    return predeploy_settings.guards


@resource()
def backend(run: Run, predeploy_settings: Predeploy) -> Backend:
    """The way to start the backend: as [predeploy.startup] says, else as [target.start] does."""
    file, given = run.environment.file, predeploy_settings.startup
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
    return Backend(given, process_variables(), load_switches(), run.secrets, api)


@resource()
def switches_source(run: Run, predeploy_settings: Predeploy) -> Callable[[], Awaitable[Release]]:
    """The way to the release's variables."""
    if predeploy_settings.switches.source == "none":
        remedy = "write --switches=FILE, or set predeploy.switches.source"
        raise Unprovable("where the release's variables are is not known", remedy)
    prefix = run.environment.file.target.api_prefix
    settings = predeploy_settings.switches
    return partial(switches.read, settings, process_variables(), prefix, run.secrets)


@resource()
def project_wanted(predeploy_settings: Predeploy) -> RevenueCatProject:
    """What the RevenueCat project has to hold."""
    if predeploy_settings.revenuecat is None:
        raise Unprovable("the RevenueCat project is not known", "add a [predeploy.revenuecat] section")
    return predeploy_settings.revenuecat


@resource()
def project(run: Run, project_wanted: RevenueCatProject) -> Project:
    """The RevenueCat project, or that of a stand-in."""
    key = run.environment.value(project_wanted.key_env) or ""
    origin = run.site.stand_in or project_wanted.origin
    return Project(Pages(run.transport, origin, project_wanted.project, key))


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
