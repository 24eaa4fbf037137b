"""Faults before the deploy: of the project at RevenueCat."""

from collections.abc import Callable
from typing import Any

from reference.choices import fault
from reference.project import Described, Project

ITEM = "predeploy.revenuecat"
NEEDED = [
    "initial_purchase",
    "renewal",
    "uncancellation",
    "non_renewing_purchase",
    "cancellation",
    "expiration",
]


def _entered(name: str, description: str, change: Callable[[Project], Any]) -> None:
    def apply(project: Project) -> None:
        change(project)

    fault(f"predeploy.{name}", ITEM, description)(apply)


_entered("product-missing", "A product is not there.", lambda project: project.products.pop())
_entered(
    "product-inactive", "A product is inactive.", lambda project: _set(project.products[3], state="inactive")
)
_entered(
    "offering-of-nobody",
    "No offering is current.",
    lambda project: _set(project.offerings[0], is_current=False),
)
_entered("no-offering", "There is no offering.", lambda project: project.offerings.clear())
_entered("package-missing", "The offering lacks a product.", lambda project: project.packages.pop())
_entered("entitlement-missing", "An entitlement is not there.", lambda project: project.entitlements.pop())
_entered(
    "entitlement-inactive",
    "An entitlement is inactive.",
    lambda project: _set(project.entitlements[3], state="inactive"),
)
_entered(
    "product-grants-nothing",
    "A product grants nothing.",
    lambda project: project.entitlements[1]["products"]["items"].clear(),
)
_entered("no-webhook", "There is no webhook integration.", lambda project: project.webhooks.clear())
_entered(
    "webhook-elsewhere",
    "The webhook leads to another host.",
    lambda project: _set(
        project.webhooks[0], url="https://old.divine-heroes.example/api/webhooks/revenuecat"
    ),
)
_entered(
    "webhook-without-prefix",
    "The webhook's address lacks the API's prefix.",
    lambda project: _set(project.webhooks[0], url=project.webhooks[0]["url"].replace("/api/", "/")),
)
_entered(
    "webhook-of-the-sandbox",
    "The webhook is sent for the sandbox only.",
    lambda project: _set(project.webhooks[0], environment="sandbox"),
)
_entered(
    "webhook-without-transfers",
    "The webhook leaves out transfers.",
    lambda project: _set(project.webhooks[0], event_types=NEEDED),
)


def _set(described: Described, **values: Any) -> None:
    described.update(values)


@fault("predeploy.offering-of-summer", ITEM)
def offering_of_summer(project: Project) -> None:
    """Another offering is the current one."""
    summer = {**project.offerings[0], "id": "ofrng_summer", "lookup_key": "summer"}
    _set(project.offerings[0], is_current=False)
    project.offerings.append(summer)


@fault("predeploy.starter-pack-grants-premium", ITEM)
def starter_pack_grants_premium(project: Project) -> None:
    """The smallest product grants the largest entitlement, too."""
    starter, premium = project.entitlements[3], project.entitlements[1]
    premium["products"]["items"].extend(starter["products"]["items"])
