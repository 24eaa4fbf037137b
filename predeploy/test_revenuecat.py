"""The RevenueCat project holds what the release sells, and sends its events to the target."""

from harness import checks, probe
from harness.predeploy import project as found


@probe
async def products(project):
    """All products of the project."""
    return await project.products()


@probe
async def offerings(project):
    """Its offerings, with their packages and products."""
    return await project.offerings()


@probe
async def entitlements(project):
    """Its entitlements, each with the products that grant it."""
    return await project.entitlements()


@probe
async def integrations(project):
    """Its webhook integrations."""
    return await project.webhooks()


@checks("predeploy.revenuecat")
def test_products_are_there(products, project_wanted):
    wrong = found.absent(products, project_wanted)
    assert wrong == [], "; ".join(wrong)


@checks("predeploy.revenuecat")
def test_offering_of_the_release_is_the_current_one(offerings, project_wanted):
    wrong = found.wrong_offering(offerings, project_wanted)
    assert wrong == [], "; ".join(wrong)


@checks("predeploy.revenuecat")
def test_current_offering_holds_the_products(offerings, project_wanted):
    lacking = found.not_offered(offerings, project_wanted)
    assert lacking == [], f"the current offering lacks: {', '.join(lacking)}"


@checks("predeploy.revenuecat")
def test_entitlements_are_there(entitlements, project_wanted):
    lacking = found.no_entitlement(entitlements, project_wanted)
    assert lacking == [], f"the project has no active entitlement: {', '.join(lacking)}"


@checks("predeploy.revenuecat")
def test_products_grant_what_they_are_sold_for(entitlements, project_wanted):
    wrong = found.wrongly_granted(entitlements, project_wanted)
    assert wrong == [], "; ".join(wrong)


@checks("predeploy.revenuecat")
def test_webhooks_lead_to_the_target(integrations, webhook_address):
    wrong = found.no_webhook(integrations, webhook_address)
    assert wrong == [], "; ".join(wrong)


@checks("predeploy.revenuecat")
def test_webhooks_of_the_environment_are_sent(integrations, webhook_address, project_wanted):
    wrong = found.not_of_the_environment(integrations, webhook_address, project_wanted)
    assert wrong == [], "; ".join(wrong)


@checks("predeploy.revenuecat")
def test_events_are_sent(integrations, webhook_address, project_wanted):
    unsent = found.unsent(integrations, webhook_address, project_wanted)
    assert unsent == [], f"the webhook does not send: {', '.join(unsent)}"
