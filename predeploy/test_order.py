"""The order of a release: first the backend with its migrations, then the frontend."""

from harness import checks, probe
from harness.evidence.probe import together
from harness.predeploy import commands
from harness.target.lifecycle import ANSWERS


@probe
async def live(api):
    """Health, asked several times on new connections: behind one address there may be several instances."""
    return await together({nth: api.health(anew=True) for nth in range(ANSWERS)})


@probe
async def migrated(migrations, order, release_source):
    """The command that looks for pending migrations, run to its end."""
    return await commands.migrated(order, release_source.shown)


@checks("predeploy.order")
def test_backend_of_the_release_is_live(live, backend_version):
    versions = {answer.expect(200).field("version") for answer in live.values()}
    told = ", ".join(sorted(map(str, versions)))
    assert versions == {backend_version}, f"live is backend {told}; the frontend needs {backend_version}"


@checks("predeploy.order")
def test_no_migration_is_pending(migrated):
    are_done = migrated.read().well
    assert are_done, f"migrations are pending, or cannot be told: {migrated.told}"
