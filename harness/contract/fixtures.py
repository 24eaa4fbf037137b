"""The objects of probes that hold a target to its API schema; see harness/fixtures.py."""

import asyncio
from functools import partial

from harness.contract import promised as contract
from harness.contract.fuzzing import Fuzzing
from harness.contract.lives import Lives
from harness.contract.promised import Promised
from harness.contract.published import Publication
from harness.contract.stage import Stage
from harness.evidence.exchange import Exchange
from harness.evidence.probe import resource
from harness.fixtures import stand_in_of
from harness.run import Run
from harness.target.api import Api
from harness.target.customers import Customers
from harness.target.players import Players
from harness.target.roles import Roles


@resource()
def promised(run: Run) -> Promised:
    """The contract as a document, and where its operations live here."""
    return contract.promised(run.environment)


@resource()
def publication(run: Run, api: Api) -> Publication:
    """Where the target publishes its own OpenAPI document."""
    file = run.environment.file
    return Publication(api, file.contract, file.target.api_prefix)


@resource()
def fuzzing(run: Run, api: Api, cast: Roles) -> Fuzzing:
    """Requests made up from the API schema; where writes are forbidden, of the operations that only read."""
    return Fuzzing(
        api,
        cast,
        lambda: run.webhooks(api),
        run.secrets,
        run.ledger,
        run.budget,
        run.maker,
        writes=run.environment.file.access.writes,
    )


@resource()
def lives(run: Run, api: Api, players: Players, customers: Customers) -> Lives:
    """Made-up sequences of what happens to players."""
    file = run.environment.file
    verifies = run.may_have_stand_in and file.expect.purchases == "enabled"

    async def stage() -> Stage:
        a, b = await asyncio.gather(customers.new(), customers.new())
        stand_in = stand_in_of(run, run.site.stand_in or "") if run.site.stand_in and verifies else None
        return Stage(api, players, {"A": a, "B": b}, stand_in, file.expect.heroes[0], run.budget.seed)

    return Lives(stage, run.budget, partial(Exchange.curl, scrub=run.secrets.scrub), verifies=verifies)
