"""Faults before the deploy: of the backend's start, of the guards, and of what has to be live first."""

import itertools
import logging
import re
from collections.abc import Callable

from fastapi import FastAPI

from reference.changing import edit, edit_json
from reference.choices import fault
from reference.logs import log
from reference.release import Release
from reference.settings import SECRETS, StartRefused

STARTUP = "predeploy.startup"
ORDER = "predeploy.order"
GUARDS = "predeploy.guards"
NEEDED = ("REVENUECAT_SECRET_KEY", "REVENUECAT_WEBHOOK_SECRET")


@fault("predeploy.start-refused", STARTUP)
def start_refused(environ: dict[str, str]) -> None:
    """It does not start with a RevenueCat key of today's form."""
    if environ.get(NEEDED[0], "").startswith("sk_"):
        raise StartRefused("the settings are of no known form")


@fault("predeploy.start-unhealthy", STARTUP)
def start_unhealthy(app: FastAPI) -> None:
    """It starts, and its health stays at starting."""
    edit_json(app, lambda body: {**body, "status": "starting"}, "health")


@fault("predeploy.start-500", STARTUP)
def start_500(app: FastAPI) -> None:
    """It starts, and its health is a 500."""
    edit(app, lambda _, answer: answer.replace(500, answer.json), "health")


@fault("predeploy.start-in-dev-mode", STARTUP)
def start_in_dev_mode(environ: dict[str, str]) -> None:
    """It starts in development mode whatever it is told."""
    environ["SERVER_DEV_MODE"] = "true"


@fault("predeploy.health-of-dev-mode", STARTUP)
def health_of_dev_mode(app: FastAPI) -> None:
    """It runs in release mode, and its health says otherwise."""
    edit_json(app, lambda body: {**body, "server_dev_mode": True}, "health")


def _rewritten(name: str, text: str, instead: str, description: str) -> None:
    def rewrite(record: logging.LogRecord) -> bool:
        record.msg, record.args = re.sub(text, instead, record.getMessage()), ()
        return bool(record.msg)

    def enter(handler: logging.Handler) -> None:
        handler.addFilter(rewrite)

    fault(f"predeploy.{name}", STARTUP, description)(enter)


_rewritten("mode-unlogged", "SERVER_DEV_MODE=FALSE", "", "Its start does not log the mode.")
_rewritten("validation-unlogged", "Production configuration validated", "", "Its start logs no validation.")
_rewritten("index-unlogged", "unique index on username_canon", "index", "Its start logs another index.")
_rewritten(
    "refusal-names-nothing",
    "(?s)Refusing to start.*",
    "Refusing to start",
    "It does not say what is missing.",
)
_rewritten("refusal-says-nothing", "(?s)Refusing to start.*", "", "It refuses to start without a word.")


def _filled(name: str, how: str, when: Callable[[dict[str, str]], bool]) -> None:
    def fill(environ: dict[str, str]) -> None:
        if when(environ):
            environ[name] = "default"

    entered = f"predeploy.starts-with-{how}-{name.lower().replace('_', '-')}"
    fault(entered, STARTUP, f"It starts with {how} {name}, as if there was one.")(fill)


for _name in NEEDED:
    _filled(_name, "no", lambda environ, name=_name: name not in environ)
    _filled(_name, "empty", lambda environ, name=_name: environ.get(name) == "")


def _refusing(record: logging.LogRecord) -> bool:
    return record.getMessage().startswith("Refusing to start")


@fault("predeploy.refusal-ends-with-0", STARTUP)
def refusal_ends_with_0(handler: logging.Handler) -> None:
    """It refuses to start, and ends as if all was well."""

    def end(record: logging.LogRecord) -> bool:
        if _refusing(record):
            handler.emit(record)
            raise SystemExit(0)
        return True

    handler.addFilter(end)


@fault("predeploy.refusal-shows-secrets", STARTUP)
def refusal_shows_secrets(handler: logging.Handler, environ: dict[str, str]) -> None:
    """It refuses to start, and shows the secrets that it has."""

    def show(record: logging.LogRecord) -> bool:
        if _refusing(record):
            given = {name: environ.get(name) for name in SECRETS}
            record.msg, record.args = "%s: %s", (record.getMessage(), given)
        return True

    handler.addFilter(show)


@fault("predeploy.start-shows-secrets", STARTUP)
def start_shows_secrets(environ: dict[str, str]) -> None:
    """It starts, and logs its signing key."""
    log.info("Signing with %s", environ.get("JWT_SECRET_KEY"))


# Guards, and the order of the deploy


@fault("predeploy.client-refers-to-nothing", GUARDS)
def client_refers_to_nothing(release: Release) -> None:
    """A file of the web client refers to one that is not there."""
    del release.files["gates.js"]


@fault("predeploy.backend-of-before", ORDER)
def backend_of_before(app: FastAPI) -> None:
    """The backend is still the one of the release before."""
    edit_json(app, lambda body: {**body, "version": "0.9.0"}, "health")


@fault("predeploy.one-instance-of-before", ORDER)
def one_instance_of_before(app: FastAPI) -> None:
    """One of several instances is still of the release before."""
    turn = itertools.count(1)
    edit_json(app, lambda body: {**body, "version": "1.0.0" if next(turn) % 3 else "0.9.0"}, "health")


@fault("predeploy.migration-pending", ORDER)
def migration_pending(release: Release) -> None:
    """A migration is still to be done."""
    release.pending.append("0007_username_canon")
