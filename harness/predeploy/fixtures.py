"""The objects of probes that look before the deploy; see harness/fixtures.py."""

from harness.errors import Unprovable
from harness.evidence.probe import resource
from harness.predeploy.settings import Guard, Predeploy
from harness.run import Run


@resource()
def predeploy_settings(run: Run) -> Predeploy:
    """The [predeploy] section."""
    if run.environment.file.predeploy is None:
        raise Unprovable("nothing is said of what comes before the deploy", "add a [predeploy] section")
    return run.environment.file.predeploy


@resource()
def guards(predeploy_settings: Predeploy) -> tuple[Guard, ...]:
    """The commands that have to end well."""
    if not predeploy_settings.guards:
        raise Unprovable("no guard is named", "add [[predeploy.guards]] with a command")
    return predeploy_settings.guards
