"""The sections of an environment file; docs/environments.md says what each key is for."""

import sys
from typing import Annotated, Literal, get_args

from pydantic import Field, model_validator

from harness.kinds import Command, NoCommand, Origin, Seconds, Strings, UrlPath, Variable, Version
from harness.paths import Paths
from harness.postdeploy.settings import Postdeploy
from harness.predeploy.settings import Predeploy
from harness.web.settings import Web
from runbook.loader import Text
from runbook.tomlfile import Section


class Start(Section):
    """A target that the run starts itself, as a process, and stops at its end."""

    command: Command  # "{python}" is this interpreter
    variables: dict[Variable, str] = Field(default_factory=dict)
    generate: Annotated[tuple[Variable, ...], Field(strict=False)] = ()  # secrets made up where unset

    @property
    def argv(self) -> list[str]:
        """The command as an argument list."""
        return [sys.executable if part == "{python}" else part for part in self.command]


class Target(Section):
    base_url: Origin | None = None
    api_prefix: UrlPath = "/api"
    ready_within_s: Seconds = 60
    allow_http: bool = False  # plain http beyond this machine, where anybody under way reads the tokens
    verify_tls: bool = True
    ca_file: str | None = None
    start: Start | None = None

    @model_validator(mode="after")
    def _somewhere(self) -> "Target":
        if self.base_url is not None and self.start is not None:
            raise ValueError("has both base_url and start; keep the one that says where the target is")
        if self.base_url is None and self.start is None:
            raise ValueError('has no base_url; add base_url = "https://..." (or a target.start command)')
        return self


class Expect(Section):
    server_dev_mode: bool = False
    version: Version | None = None
    purchases: Literal["enabled", "disabled"] = "enabled"
    clock_skew_s: Seconds = 30
    heroes: Annotated[tuple[Text, Text], Field(strict=False)] = ("hero_1", "hero_2")


Read = Literal["health", "features", "verify", "snapshot", "cinematic_access", "cinematic_url", "openapi"]


class Access(Section):
    writes: bool = True
    reads: Annotated[tuple[Read, ...], Field(strict=False)] = get_args(Read)
    max_concurrency: Annotated[int, Field(ge=1, le=64)] = 16
    requests_per_second: Annotated[float, Field(gt=0, le=10_000)] | None = None
    timeout_s: Seconds = 10


class Accounts(Section):
    mode: Literal["register", "provided"] = "register"
    prefix: Annotated[str, Field(pattern=r"^[A-Za-z0-9_]{1,8}$")] = "smoke"
    username_env: Variable | None = None
    password_env: Variable | None = None
    entitled_username_env: Variable | None = None
    entitled_password_env: Variable | None = None

    @model_validator(mode="after")
    def _complete(self) -> "Accounts":
        if self.mode == "provided" and not (self.username_env and self.password_env):
            raise ValueError('mode is "provided" without an account; set username_env and password_env')
        if bool(self.entitled_username_env) != bool(self.entitled_password_env):
            raise ValueError("half of the entitled account is missing; set both entitled_*_env keys, or none")
        return self


class Tokens(Section):
    signing_secret_env: Variable | None = None


class Webhook(Section):
    strategy: Literal["static", "signed", "body-hmac"] = "signed"
    header: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]+$")] | None = (
        None  # default: what RevenueCat documents for the strategy
    )
    prefix: Annotated[str, Field(pattern=r"^([!-~][ -~]*)?$")] = ""  # "Bearer " for example
    secret_env: Variable | None = None
    tolerance_s: Annotated[int, Field(ge=0)] = 300  # 0: the deployment enforces none
    settles_within_s: Seconds = 5
    answers_within_s: Seconds = 60  # RevenueCat disconnects then
    app_user_id: Literal["username", "id"] = "username"


class ValidPurchase(Section):
    product_id: str
    entitlement_key: str
    transaction_env: Variable


class Purchase(Section):
    valid: ValidPurchase | None = None


class RevenueCat(Section):
    stand_in: Origin | None = None  # has the control routes of reference/README.md; never the real one


class Logs(Section):
    source: Literal["none", "file", "command"] = "none"
    path: str | None = None
    command: NoCommand = ()  # "{since}" becomes an ISO 8601 time
    visible_within_s: Seconds = 5

    @model_validator(mode="after")
    def _complete(self) -> "Logs":
        if self.source == "file" and not self.path:
            raise ValueError('source is "file" without a path; set logs.path')
        if self.source == "command" and not self.command:
            raise ValueError('source is "command" without a command; set logs.command = ["..."]')
        return self


class Contract(Section):
    openapi: UrlPath | None = (
        None  # where the target publishes its document, below the origin; None: the usual places
    )


class Checklist(Section):
    not_required: Strings = ()


class File(Section):
    """All sections of an environment file."""

    target: Target
    expect: Expect = Expect()
    access: Access = Access()
    accounts: Accounts = Accounts()
    tokens: Tokens = Tokens()
    webhook: Webhook = Webhook()
    purchase: Purchase = Purchase()
    revenuecat: RevenueCat = RevenueCat()
    logs: Logs = Logs()
    paths: Paths = Paths()
    contract: Contract = Contract()
    web: Web | None = None
    predeploy: Predeploy | None = None
    postdeploy: Postdeploy = Postdeploy()
    checklist: Checklist = Checklist()
