"""Variants before the deploy: other ways to log a start, to write variables, to set up RevenueCat."""

import logging
from copy import deepcopy
from typing import Any

from fastapi import FastAPI

from reference.changing import edit_json
from reference.choices import variant
from reference.project import Project
from reference.release import Release

EVENTS = [
    "initial_purchase",
    "renewal",
    "product_change",
    "cancellation",
    "billing_issue",
    "non_renewing_purchase",
    "uncancellation",
    "transfer",
    "subscription_paused",
    "expiration",
]


@variant("predeploy-wordy-start")
def wordy_start(handler: logging.Handler) -> None:
    """Other words stand around the markers and around what is missing."""

    def say_more(record: logging.LogRecord) -> bool:
        record.msg, record.args = "boot step >> %s << (see the runbook)", (record.getMessage(),)
        return True

    handler.addFilter(say_more)


@variant("predeploy-refusal-names-all")
def refusal_names_all(handler: logging.Handler) -> None:
    """A refusal names every variable there is, and which of them are missing."""

    def say_more(record: logging.LogRecord) -> bool:
        if record.levelno >= logging.ERROR:
            every = "SERVER_DEV_MODE, REVENUECAT_SECRET_KEY, REVENUECAT_WEBHOOK_SECRET, JWT_SECRET_KEY"
            record.msg, record.args = "%s\nneeded: %s", (record.getMessage(), every)
        return True

    handler.addFilter(say_more)


@variant("predeploy-health-in-another-order")
def health_in_another_order(app: FastAPI) -> None:
    """Health has its fields in another order, and more of them."""
    edit_json(app, lambda body: {"uptime_s": 1, **dict(reversed(body.items()))}, "health")


@variant(
    "predeploy-another-prefix",
    environment={"target": {"api_prefix": "/game/v2"}},
    variables={"API_PREFIX": "/game/v2"},
)
def another_prefix(release: Release) -> None:
    """The API lives below another prefix, which the client's address names."""
    release.switches["EXPO_PUBLIC_BACKEND_URL"] += "/game/v2"


@variant("predeploy-backend-url-with-prefix")
def backend_url_with_prefix(release: Release) -> None:
    """The client's address of the backend names the API's prefix."""
    release.switches["EXPO_PUBLIC_BACKEND_URL"] += "/api"


@variant(
    "predeploy-another-host-in-front",
    environment={
        "predeploy": {
            "switches": {
                "backend_urls": ["https://api.divine-heroes.example", "https://play.divine-heroes.example"]
            }
        }
    },
)
def another_host_in_front(release: Release) -> None:
    """Players reach the backend by another public host, which the environment names."""
    release.switches["EXPO_PUBLIC_BACKEND_URL"] = "https://PLAY.divine-heroes.example:443"


@variant("predeploy-variables-written-otherwise")
def variables_written_otherwise(release: Release) -> None:
    """The variables come in another order, quoted, with comments, without those that may be missing."""
    needed = {
        name: value for name, value in release.switches.items() if "SENTRY" not in name and "IOS" not in name
    }
    release.switches = {
        f"export {name}": f'"{value}"  # as agreed' for name, value in reversed(needed.items())
    }
    release.lines = ["# of the release", "", "export EMPTY="]


@variant("predeploy-more-variables")
def more_variables(release: Release) -> None:
    """There are variables that the table does not know, public ones too, and each optional one."""
    release.switches |= {
        "LOG_LEVEL": "info",
        "EXPO_PUBLIC_BUILD": "3f8c1d" * 8,
        "EXPO_PUBLIC_TITLE": "'Divine Heroes'",
        "PURCHASES_DISABLED": "False",
        "SENTRY_DSN": "https://8c1d3f0a@o1.ingest.sentry.example/sub/7",
        "EXPO_PUBLIC_REVENUECAT_ANDROID_API_KEY": "goog_3f8c1d0a92be",
        "SERVER_DEV_MODE": "False",
        "MONGO_URL": "mongodb://db-0.divine-heroes.example:27017,db-1.divine-heroes.example:27017/heroes",
    }


@variant("predeploy-more-of-everything")
def more_of_everything(project: Project) -> None:
    """The project has further products, entitlements, offerings and webhook integrations, before the release's."""
    gems = {**deepcopy(project.products[3]), "id": "prod_gems", "store_identifier": "gems_100"}
    old = {
        **deepcopy(project.products[3]),
        "id": "prod_old",
        "store_identifier": "old_pack",
        "state": "inactive",
    }
    project.products[:0] = [gems, old]
    crafted = {**deepcopy(project.entitlements[0]), "id": "entl_gems", "lookup_key": "gems"}
    crafted["products"]["items"] = [gems]
    project.entitlements.insert(0, crafted)
    project.offerings[:0] = [
        {**project.offerings[0], "id": f"ofrng_{name}", "lookup_key": name, "is_current": False}
        for name in ("spring", "summer", "autumn")
    ]
    elsewhere = "https://analytics.divine-heroes.example/hooks"
    project.webhooks[:0] = [
        {**project.webhooks[0], "id": f"whintgr_{nth}", "url": f"{elsewhere}/{nth}", "environment": "sandbox"}
        for nth in range(4)
    ]


@variant("predeploy-two-stores")
def two_stores(project: Project) -> None:
    """Each product is there for Google Play, too, with its base plan behind a colon."""

    def also(product: dict[str, Any]) -> dict[str, Any]:
        called = f"{product['store_identifier']}:base"
        return {**product, "id": f"{product['id']}_play", "store_identifier": called, "app_id": "app_play"}

    project.products += [also(each) for each in project.products]
    for entitlement in project.entitlements:
        entitlement["products"]["items"] += [also(each) for each in entitlement["products"]["items"]]


@variant("predeploy-webhook-of-both")
def webhook_of_both(project: Project) -> None:
    """The webhook is sent for both environments, with every event named."""
    project.webhooks[0].update(environment=None, event_types=EVENTS)


@variant("predeploy-webhook-in-two-parts")
def webhook_in_two_parts(project: Project) -> None:
    """Two integrations lead to the target, each with some of the events."""
    first = project.webhooks[0]
    project.webhooks.append({**first, "id": "whintgr_second", "event_types": EVENTS[5:]})
    first["event_types"] = EVENTS[:5]
