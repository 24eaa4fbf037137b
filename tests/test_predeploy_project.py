"""A RevenueCat project before the deploy: what is missing, what is wrong, and that a reading only reads."""

import asyncio

import httpx
import pytest

from harness.errors import Unprovable
from harness.evidence.exchange import witnessed
from harness.predeploy import project as found
from harness.predeploy.project import Listed, Project
from harness.predeploy.settings import RevenueCatProject
from harness.target.fence import Fence
from harness.web.pages import Pages

ORIGIN, AT = "https://rc.example", "/v2/projects/proj1"
HERE = "https://api.heroes.example/api/webhooks/revenuecat"
WANTED = RevenueCatProject(
    project="proj1",
    key_env="KEY",
    entitlements={"premium": ("monthly", "yearly"), "no_ads": ("forever", "yearly")},
    products=("gems",),
)


def listing(*items, following=None):
    return {"object": "list", "items": list(items), "next_page": following}


def product(name, state="active"):
    return {"object": "product", "store_identifier": name, "state": state}


def entitlement(key, *names, state="active"):
    return {"lookup_key": key, "state": state, "products": [product(name) for name in names]}


def offering(key, *names, current=True):
    packages = [{"lookup_key": name, "products": [product(name)]} for name in names]
    return {"lookup_key": key, "is_current": current, "packages": packages}


def webhook(url=HERE, environment="production", events=None):
    return {"url": url, "environment": environment, "event_types": events}


@pytest.fixture
def listed(make_exchange):
    return lambda *items: Listed(make_exchange(listing(*items)), list(items))


# --- findings

SOLD = ("monthly", "yearly", "forever", "gems")


@pytest.mark.parametrize(
    ("items", "told"),
    [
        ([product(name) for name in SOLD], []),
        ([product(f"{name}:base") for name in SOLD], []),
        ([product(name, "inactive") for name in SOLD] + [product(f"{name}:p") for name in SOLD], []),
        ([product(name) for name in SOLD[1:]], ["there is no product monthly"]),
        ([product("monthly_2"), *map(product, SOLD[1:])], ["there is no product monthly"]),
        ([product("gems", "inactive"), *map(product, SOLD[:3])], ["the product gems is inactive"]),
    ],
)
def test_products_are_those_that_are_sold(listed, items, told):
    assert found.absent(listed(*items), WANTED) == told


@pytest.mark.parametrize(
    ("items", "key", "told"),
    [
        ([offering("old", current=False), offering("default")], "default", []),
        ([offering("anything")], None, []),
        ([offering("summer")], "default", ["the current offering is summer, not default"]),
        ([offering("default", current=False)], "default", ["no offering is the current one"]),
        ([], None, ["no offering is the current one"]),
    ],
)
def test_current_offering_is_the_one_of_the_release(listed, items, key, told):
    wanted = WANTED.model_copy(update={"offering": key})
    assert found.wrong_offering(listed(*items), wanted) == told


@pytest.mark.parametrize(
    ("items", "told"),
    [
        ([offering("default", *SOLD, "more")], []),
        ([offering("old", *SOLD, current=False), offering("default", *SOLD[:2])], ["forever", "gems"]),
        ([], list(SOLD)),
    ],
)
def test_products_of_another_offering_are_not_offered(listed, items, told):
    assert found.not_offered(listed(*items), WANTED) == told


@pytest.mark.parametrize(
    ("items", "told"),
    [
        ([entitlement("more"), entitlement("no_ads"), entitlement("premium")], []),
        ([entitlement("premium"), entitlement("no_ads", state="inactive")], ["no_ads"]),
        ([entitlement("Premium"), entitlement("no_ads")], ["premium"]),
    ],
)
def test_entitlements_are_there(listed, items, told):
    assert found.no_entitlement(listed(*items), WANTED) == told


RIGHT = [entitlement("premium", "monthly", "yearly:base"), entitlement("no_ads", "forever", "yearly")]


@pytest.mark.parametrize(
    ("items", "told"),
    [
        (RIGHT, []),
        ([*RIGHT, entitlement("more", "other")], []),
        (RIGHT[:1], ["yearly grants premium, not no_ads, premium", "forever grants nothing, not no_ads"]),
        ([*RIGHT, entitlement("more", "gems")], ["gems grants more, not nothing"]),
        ([*RIGHT, entitlement("more", "forever")], ["forever grants more, no_ads, not no_ads"]),
        ([*RIGHT, entitlement("more", "forever", state="inactive")], []),
    ],
)
def test_products_grant_what_they_are_sold_for(listed, items, told):
    assert found.wrongly_granted(listed(*items), WANTED) == told


@pytest.mark.parametrize(
    ("items", "leads", "sent", "unsent"),
    [
        ([webhook()], True, True, []),
        ([webhook(environment=None)], True, True, []),
        (
            [webhook(HERE.replace("https://api", "https://API").replace("example/", "example:443/"))],
            True,
            True,
            [],
        ),
        ([webhook("https://other.example"), webhook(events=["renewal", "transfer"])], True, True, []),
        ([webhook(events=["renewal"]), webhook(events=["transfer"])], True, True, []),
        ([webhook(events=["renewal"]), webhook()], True, True, []),
        ([webhook(events=[])], True, True, []),
        ([webhook(events=["renewal"])], True, True, ["transfer"]),
        ([webhook(events=["renewal"]), webhook(environment="sandbox")], True, True, ["transfer"]),
        ([webhook(environment="sandbox")], True, False, ["renewal", "transfer"]),
        ([webhook(f"{HERE}/")], False, False, ["renewal", "transfer"]),
        ([webhook("http" + HERE.removeprefix("https"))], False, False, ["renewal", "transfer"]),
        ([webhook("https://[")], False, False, ["renewal", "transfer"]),
        ([], False, False, ["renewal", "transfer"]),
    ],
)
def test_webhooks_lead_here_with_the_events_that_count(listed, items, leads, sent, unsent):
    integrations, wanted = (
        listed(*items),
        WANTED.model_copy(update={"webhook_events": ("renewal", "transfer")}),
    )
    assert (found.no_webhook(integrations, HERE) == []) is leads
    assert (found.not_of_the_environment(integrations, HERE, wanted) == []) is sent
    assert found.unsent(integrations, HERE, wanted) == unsent


def test_finding_says_what_is_there_instead(listed):
    elsewhere = listed(webhook("https://old.example/hook"), webhook(environment="sandbox"))
    assert found.no_webhook(listed(webhook("https://old.example/hook")), HERE) == [
        f"no webhook leads to {HERE}; there are: https://old.example/hook"
    ]
    assert found.not_of_the_environment(elsewhere, HERE, WANTED) == [
        "production events do not come to the target, but those of: sandbox"
    ]


def test_answer_is_evidence_of_who_reads_a_list(listed):
    products = listed()
    with witnessed() as evidence:
        found.absent(products, WANTED)
    assert evidence == [products.answer]


# --- reading


class Told:
    """A transport to RevenueCat's lists: `answers` by path and query."""

    def __init__(self, make_exchange, answers):
        self._make, self._answers = make_exchange, answers
        self.asked = []

    async def send(self, method, url, headers):
        assert (method, headers["Authorization"]) == ("GET", "Bearer key")
        self.asked.append(str(url).removeprefix(ORIGIN + AT))
        return self._make(self._answers.get(self.asked[-1], listing()), url=url)


@pytest.fixture
def reading(make_exchange):
    def read(name, answers):
        told = Told(make_exchange, answers)
        project = Project(Pages(told, ORIGIN, "proj1", "key", "predeploy.revenuecat"))
        return told, asyncio.run(getattr(project, name)())

    return read


def test_each_list_is_read_to_its_last_page(reading):
    answers = {
        "/products": listing(product("a"), following=f"{AT}/products?starting_after=a"),
        "/products?starting_after=a": listing(product("b")),
    }
    told, products = reading("products", answers)
    assert [each["store_identifier"] for each in products.items] == ["a", "b"]
    assert told.asked == list(answers)


def test_packages_and_products_become_plain_lists(reading):
    entry = {"product": product("a"), "eligibility_criteria": "all"}
    package = {"lookup_key": "p", "products": listing(entry)}
    of = {
        **offering("default"),
        "packages": listing(package, following=f"{AT}/offerings/o/packages?starting_after=p"),
    }
    answers = {
        "/offerings?expand=items.package.product": listing(of),
        "/offerings/o/packages?starting_after=p&expand=items.product": listing(
            {"products": listing(product("b"))}
        ),
    }
    _, offerings = reading("offerings", answers)
    assert found.not_offered(
        offerings, WANTED.model_copy(update={"entitlements": {"x": ("a", "b", "c")}})
    ) == [
        "c",
        "gems",
    ]


def test_products_of_an_entitlement_go_on_on_another_page(reading):
    of = {
        **entitlement("premium"),
        "products": listing(product("a"), following=f"{AT}/entitlements/e/products?x=1"),
    }
    answers = {
        "/entitlements?expand=items.product": listing(of),
        "/entitlements/e/products?x=1": listing(product("b")),
    }
    _, entitlements = reading("entitlements", answers)
    assert [each["store_identifier"] for each in entitlements.items[0]["products"]] == ["a", "b"]


@pytest.mark.parametrize(
    ("name", "at", "item"),
    [
        ("offerings", "/offerings?expand=items.package.product", {"lookup_key": "default"}),
        ("offerings", "/offerings?expand=items.package.product", {"packages": listing({"products": None})}),
        ("entitlements", "/entitlements?expand=items.product", {"lookup_key": "premium", "products": None}),
    ],
)
def test_what_was_not_told_in_full_is_not_empty(reading, name, at, item):
    """RevenueCat leaves out what it does not expand: that says nothing of what is sold."""
    with pytest.raises(Unprovable, match="has no list of items where one is promised"):
        reading(name, {at: listing(item)})


# --- where it is forbidden to write

READ_ONLY = {"access": {"writes": False}}
PROJECT = {"predeploy": {"revenuecat": {"project": "proj1", "key_env": "KEY"}}}


@pytest.mark.parametrize(
    "path",
    [
        "/products",
        "/offerings?expand=items.package.product",
        "/offerings/o/packages",
        "/packages/p/products",
        "/entitlements",
        "/entitlements/e/products",
        "/integrations/webhooks",
    ],
)
def test_project_may_be_read_where_writing_is_forbidden(make_environment, path):
    url = httpx.URL(f"{ORIGIN}{AT}{path}")
    assert Fence(make_environment(**READ_ONLY, **PROJECT)).pass_("GET", url) is None
    with pytest.raises(Unprovable, match="is not among what may be read"):
        Fence(make_environment(**READ_ONLY)).pass_("GET", url)
    with pytest.raises(Unprovable, match="may write"):
        Fence(make_environment(**READ_ONLY, **PROJECT)).pass_("POST", url)


@pytest.mark.parametrize(
    "path",
    [
        "/v2/projects/proj2/products",
        "/v2/projects/proj1/customers",
        "/v2/projects/proj1/products/p",
        "/v2/projects/proj1/offerings/../packages",
        "/v2/projects/proj1/offerings/%2e%2e/packages",
    ],
)
def test_nothing_else_of_revenuecat_may_be_read_there(make_environment, path):
    with pytest.raises(Unprovable, match="is not among what may be read"):
        Fence(make_environment(**READ_ONLY, **PROJECT)).pass_(
            "GET", httpx.URL(ORIGIN).copy_with(raw_path=path.encode())
        )
