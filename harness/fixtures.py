"""The objects that probes work with. Each says here, once, what it needs of the environment.

Making one does no I/O; one that the environment cannot give raises Unprovable, and every check that asks for it
is *not proven* for that reason.
"""

from collections.abc import Awaitable, Callable
from functools import partial

from harness.errors import Unprovable
from harness.evidence.probe import probe, resource
from harness.evidence.secrets import Secrets
from harness.run import Run
from harness.sections import Expect, Webhook
from harness.target.api import Api
from harness.target.customers import Customer, Customers
from harness.target.lifecycle import Site
from harness.target.logs import LogSource
from harness.target.players import Player, Players
from harness.target.revenuecat import Note, StandIn, Store, noting
from harness.target.roles import Roles
from harness.target.tokens import Tokens
from harness.target.webhooks import Webhooks


@resource()
def api(run: Run) -> Api:
    """The calls of the contract."""
    return Api(run.environment, run.transport, run.site.origin)


@resource()
def expect(run: Run) -> Expect:
    """What the environment file says of the deployment."""
    return run.environment.file.expect


@resource()
def release_mode(run: Run) -> None:
    """A deployment in release mode; what it must refuse, a development server may allow."""
    if run.environment.file.expect.server_dev_mode:
        raise Unprovable("this is a development server", "set expect.server_dev_mode = false for a release")


@resource()
def webhook_settings(run: Run) -> Webhook:
    """The [webhook] section."""
    return run.environment.file.webhook


@resource()
def site(run: Run) -> Site:
    """Where the target is, and the version it showed when it became ready."""
    return run.site


@resource()
def known_secrets(run: Run) -> Secrets:
    """Every secret value that the run knows so far."""
    return run.secrets


@resource()
def accounts(run: Run, api: Api) -> Players:
    """The way to a signed-in player, whichever it is here."""
    access, mode = run.environment.file.access, run.environment.file.accounts.mode
    if mode == "register" and not access.writes:
        raise Unprovable(
            "access.writes = false forbids registering a player", 'set accounts.mode = "provided"'
        )
    return Players(run.environment, api, run.secrets, run.ledger)


@resource()
def cast(run: Run, api: Api, accounts: Players) -> Roles:
    """The players whom many checks share: to register is the costly call."""
    settings = run.environment.file.webhook

    async def owner() -> Player:
        if run.environment.file.accounts.mode == "provided":
            return await accounts.provided(entitled=True)
        return await Customers(accounts, api, run.webhooks(api), settings).owner()

    async def customer() -> Customer:
        return await Customers(accounts, api, run.webhooks(api), settings).new()

    return Roles(accounts, owner, customer)


@probe
async def player(accounts: Players) -> Player:
    """A player whom no check changes."""
    return await accounts.any()


@resource("writes")
def writing(run: Run) -> None:
    """Leave to send requests that write."""
    if not run.environment.file.access.writes:
        raise Unprovable("access.writes = false forbids requests that may write", "set access.writes = true")


@resource("writes")
def players(run: Run, accounts: Players) -> Players:
    """New players, for checks that change them."""
    if run.environment.file.accounts.mode != "register":
        raise Unprovable(
            "a provided account is not changed", 'set accounts.mode = "register" where that is allowed'
        )
    return accounts


@resource()
def tokens() -> Tokens:
    """Hostile tokens that need no secret of the target's."""
    return Tokens(None)


@resource()
def minting(run: Run) -> Tokens:
    """Hostile tokens signed with the target's own secret."""
    secret = run.environment.value(run.environment.file.tokens.signing_secret_env)
    if secret is None:
        raise Unprovable(
            "only the target's own secret can sign such a token", "set tokens.signing_secret_env"
        )
    return Tokens(secret)


@resource()
def webhooks(run: Run, api: Api, writing: None) -> Webhooks:
    """RevenueCat's side of the webhook."""
    return run.webhooks(api)


@resource()
def customers(players: Players, api: Api, webhooks: Webhooks, webhook_settings: Webhook) -> Customers:
    """New players as RevenueCat's customers."""
    return Customers(players, api, webhooks, webhook_settings)


@resource()
def owners(run: Run, api: Api, cast: Roles) -> Callable[[], Awaitable[Player]]:
    """The way to an owner of all cinematics and the battle pass: the one provided, or a new customer."""
    accounts = run.environment.file.accounts
    if accounts.mode == "provided" and accounts.entitled_username_env is None:
        raise Unprovable("no entitled account is provided", "set accounts.entitled_username_env")
    if accounts.mode == "register":
        run.webhooks(api)  # raises what is missing to report their purchases
    return partial(cast.player, "owner")


@resource()
def verification(run: Run, writing: None) -> None:
    """Leave to verify purchases: RevenueCat's look-up creates the customer, so it is a write."""
    if run.environment.file.expect.purchases == "disabled":
        raise Unprovable(
            "purchases are switched off here", 'set expect.purchases = "enabled" when they are on'
        )


def stand_in_of(run: Run, origin: str) -> StandIn:
    """The RevenueCat stand-in at that origin."""
    return StandIn(run.transport, origin, run.secrets, run.environment.file.webhook.app_user_id, _noting(run))


def _noting(run: Run) -> Note:
    return noting(run.ledger, run.site.origin, run.environment.file.webhook.app_user_id)


@resource()
def stand_in(run: Run) -> StandIn:
    """A RevenueCat stand-in that can buy and fail on command."""
    if not run.may_have_stand_in:
        raise Unprovable(
            "the real RevenueCat cannot be told to fail", "set revenuecat.stand_in on a test deployment"
        )
    return stand_in_of(run, run.site.stand_in or "")


@resource()
def store(run: Run, verification: None) -> Store:
    """Purchases that RevenueCat confirms."""
    valid, origin = run.environment.file.purchase.valid, run.site.stand_in
    if valid is None and not run.may_have_stand_in:
        raise Unprovable("no purchase that RevenueCat confirms", "set purchase.valid to a sandbox purchase")
    transaction = run.environment.value(valid.transaction_env) if valid else None
    return Store(stand_in_of(run, origin) if origin else None, valid, transaction, _noting(run))


@resource("logs")
def logs(run: Run) -> LogSource:
    """The target's log."""
    return run.logs()


@resource()
def switch_off(run: Run, writing: None) -> Callable[[], Awaitable[Api]]:
    """Leads to a deployment with purchases switched off: the target itself, or a second instance of it."""
    file = run.environment.file
    if file.expect.purchases == "enabled" and file.target.start is None:
        remedy = 'run against a target with purchases off and expect.purchases = "disabled"'
        raise Unprovable("this target can be neither started nor switched off from here", remedy)
    return run.switched_off
