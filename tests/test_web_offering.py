"""A paywall compared with the offering: what is missing, extra, renamed or wrongly priced."""

import asyncio
from decimal import Decimal

import pytest

from harness.errors import NoAnswer, PromiseBroken, Unprovable
from harness.web.offering import Card, Product, amount, current, differences
from harness.web.settings import Project

PACK = Product("Premium Cinematics Pack", Decimal("9.99"), "USD")
MONTHLY = Product("Premium", Decimal("4.99"), "USD")
SHOWN = [Card("Premium Cinematics Pack", "$9.99"), Card("Premium", "$4.99 / month")]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("$9.99", "9.99"),
        ("9,99 €", "9.99"),
        ("US$4.99 / month", "4.99"),
        ("$1,299.00", "1299.00"),
        ("1.299,00 €", "1299.00"),
        ("1 299,00 zł", "1299.00"),
        ("CHF 1\u2019299.50", "1299.50"),
        ("¥1,200", "1200"),
        ("3 months for $2.5", "2.5"),
        ("$0.99", "0.99"),
        ("1.234,56 €", "1234.56"),
        ("1,234.56", "1234.56"),
        ("1.234.567,89", "1234567.89"),
        ("₹1,00,000.00", "100000"),
        ("¥1200", "1200"),
        ("1200.50 kr", "1200.5"),
        ("0.999", "0.999"),
        ("5,- €", "5"),
        ("2 x 4,99", "4.99"),
        ("12,99 € (3 x 4,33 €)", "12.99"),
        ("12 Monate 1 299 €", "1299"),
        ("BUY 2 FOR 4.99", "4.99"),
        ("3 months JPY 1200", "1200"),
        ("1299 a year", "1299"),
        ("Season 1 $9.99", "9.99"),
        ("Tier 2 \u2013 $4.99", "4.99"),
        ("Tier 2 \u2013 $.99", "0.99"),
        ("Pack 100, ¥1200", "1200"),
        ("5 € 12 Monate", "5"),
        ("$5 $6", "5"),
        ("$.99", "0.99"),
        (",99 €", "0.99"),
        ("Rs.499.00", "499"),
        ("S/.15.00", "15"),
        ("Free", None),
        ("", None),
    ],
)
def test_amount_is_read_as_people_write_it(text, value):
    assert amount(text) == (None if value is None else Decimal(value))


@pytest.mark.parametrize(
    "shown",
    [
        SHOWN,
        SHOWN[::-1],
        [Card("PREMIUM  cinematics pack", "9,99 US$"), Card("Premium", "USD 4.99")],
        [Card("Premium Cinematics Pack", "9.99"), Card("Premium", "4.99")],
    ],
    ids=["plain", "other-order", "capitals", "no-sign"],
)
def test_the_offering_as_it_may_look(shown):
    assert differences(shown, [PACK, MONTHLY]) == []


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        (SHOWN[:1], ["missing: Premium"]),
        ([*SHOWN, Card("Gold", "$1.99")], ["extra: Gold for $1.99"]),
        ([SHOWN[0], Card("Deluxe", "$4.99")], ["renamed: Premium is shown as Deluxe"]),
        (
            [SHOWN[0], Card("Premium", "$3.99")],
            ["wrong price: Premium costs 4.99 USD, and is shown for $3.99"],
        ),
        (
            [SHOWN[0], Card("Premium", "4,99 €")],
            ["wrong price: Premium costs 4.99 USD, and is shown for 4,99 €"],
        ),
        ([SHOWN[0], Card("Premium", "")], ["wrong price: Premium costs 4.99 USD, and is shown for nothing"]),
        ([*SHOWN, SHOWN[1]], ["extra: Premium for $4.99 / month"]),
        ([], ["missing: Premium Cinematics Pack", "missing: Premium"]),
    ],
    ids=["missing", "extra", "renamed", "price", "currency", "no-price", "twice", "nothing"],
)
def test_each_difference_is_named(shown, said):
    assert differences(shown, [PACK, MONTHLY]) == said


@pytest.mark.parametrize(
    ("text", "value", "currency"),
    [
        ("BUY $4.99", "4.99", "USD"),
        ("PRO $4.99", "4.99", "USD"),
        ("$9.99 incl. VAT", "9.99", "USD"),
        ("9.99 incl. VAT", "9.99", "USD"),
        ("$9.99 (£7.99)", "9.99", "USD"),
        ("¥30.00", "30", "CNY"),
        ("¥1200", "1200", "JPY"),
        ("£4.99", "4.99", "GIP"),
        ("CHF 5.00", "5", "CHF"),
    ],
)
def test_currency_is_the_one_beside_the_number(text, value, currency):
    assert differences([Card("Pro", text)], [Product("Pro", Decimal(value), currency)]) == []


@pytest.mark.parametrize("text", ["¥4.99", "£4.99", "4,99 zł", "4.99 CHF", "CHF 4.99", "in €: 4.99"])
def test_other_currency_is_a_wrong_price(text):
    assert differences([Card("Premium", text)], [MONTHLY]) == [
        f"wrong price: Premium costs 4.99 USD, and is shown for {text}"
    ]


def test_price_that_the_source_does_not_tell_has_to_be_there():
    untold = Product("Premium", None)
    assert differences([Card("Premium", "$4.99")], [untold]) == []
    assert differences([Card("Premium", "soon")], [untold]) == ["no price: Premium is shown for soon"]


def listed(*items):
    return {"object": "list", "items": list(items), "next_page": None}


def offering(current, *names):
    def product(name):
        prices = [{"amount_micros": 4_990_000, "currency": "USD"}]
        return {"product": {"display_name": name, "prices": prices}, "eligibility_criteria": "all"}

    packages = [{"lookup_key": name, "products": listed(product(name))} for name in names]
    return {"is_current": current, "packages": listed(*packages)}


ORIGIN = "https://rc.example"
FIRST = "/v2/projects/proj1/offerings?expand=items.package.product"


class Listing:
    """A transport to RevenueCat's lists: `answers` by path and query."""

    def __init__(self, make_exchange, answers):
        self._make, self._answers = make_exchange, answers
        self.asked = []

    async def send(self, method, url, headers):
        assert (method, headers["Authorization"]) == ("GET", "Bearer key")
        self.asked.append(str(url).removeprefix(ORIGIN))
        told = self._answers[self.asked[-1]]
        if isinstance(told, Exception):
            raise told
        status, body = told if isinstance(told, tuple) else (200, told)
        return self._make(body, status, url=url)


@pytest.fixture
def read(make_exchange):
    """Read the current offering from such answers; also what was asked for."""

    def reading(answers):
        listing = Listing(make_exchange, answers)
        project = Project(id="proj1", key_env="KEY")
        return listing, lambda: asyncio.run(current(listing, ORIGIN, project, "key"))

    return reading


def premium(*names):
    return tuple(Product(name, Decimal("4.99"), "USD") for name in names)


def test_current_offering_is_read(read):
    _, products = read({FIRST: listed(offering(False, "Old"), offering(True, "Premium", "No Ads"))})
    assert products() == premium("Premium", "No Ads")


def test_product_without_a_price_is_read(read):
    bare = {"is_current": True, "packages": listed({"products": listed({"display_name": "Premium"})})}
    assert read({FIRST: listed(bare)})[1]() == (Product("Premium", None),)


def test_project_without_a_current_offering_is_told(read):
    with pytest.raises(PromiseBroken, match="no offering is the current one"):
        read({FIRST: listed(offering(False, "Old"))})[1]()


def test_all_pages_of_all_lists_are_read(read):
    at = "/v2/projects/proj1"
    one, two, three = offering(True, "One", "Two", "Three")["packages"]["items"]
    now = offering(True)
    now["packages"] = listed(one) | {"next_page": f"{at}/offerings/o/packages?starting_after=1"}
    two["products"]["next_page"] = f"{ORIGIN}{at}/packages/p/products?starting_after=2"
    listing, products = read(
        {
            FIRST: listed(offering(False, "Old")) | {"next_page": f"{at}/offerings?starting_after=0"},
            f"{at}/offerings?starting_after=0&expand=items.package.product": listed(now),
            f"{at}/offerings/o/packages?starting_after=1&expand=items.product": listed(two, three),
            f"{at}/packages/p/products?starting_after=2": listed({"display_name": "Two, too"}),
        }
    )
    assert products() == (*premium("One", "Two"), Product("Two, too", None), *premium("Three"))
    assert len(listing.asked) == 4


@pytest.mark.parametrize(
    "following",
    [
        "https://elsewhere.example/v2/projects/proj1/offerings",
        "http://rc.example/v2/projects/proj1/offerings",
        "https://rc.example:444/v2/projects/proj1/offerings",
        "//elsewhere.example/v2/projects/proj1/offerings",
        "/v2/projects/proj2/offerings",
        "/v2/projects/proj1/../proj2/offerings",
        "/v2/projects/proj1/%2e%2e/proj2/offerings",
        "/v2/projects/proj1",
        "https://[",
    ],
)
def test_the_key_goes_nowhere_else(read, following):
    listing, products = read({FIRST: listed() | {"next_page": following}})
    with pytest.raises(Unprovable, match=r"`next_page` that (leads out of the project|is no address)"):
        products()
    assert listing.asked == [FIRST]


def test_lists_without_an_end_are_left(read):
    listing, products = read({FIRST: listed() | {"next_page": FIRST}})
    with pytest.raises(Unprovable, match="page 50 of its lists, and there are more"):
        products()
    assert len(listing.asked) == 50


NO_NAME = {"is_current": True, "packages": listed({"products": listed({"product": {"display_name": None}})})}
NO_AMOUNT = {
    "is_current": True,
    "packages": listed({"products": listed({"display_name": "A", "prices": [{}]})}),
}


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        (NoAnswer("timed out"), r"gave no answer \(timed out\); run again"),
        ((503, {}), "answered 503; run again"),
        ((401, {}), r"answered 401; mend web\.revenuecat"),
        ((200, b"no JSON"), r"answer cannot be read .*; mend web\.revenuecat"),
        ([], "has no list of items"),
        ({"items": None}, "has no list of items"),
        ({"items": ["text"]}, "has no list of items"),
        (listed({"is_current": True, "packages": ["text"]}), "has no list of items"),
        (listed(NO_NAME), "has a product without its name"),
        (listed(NO_AMOUNT), "has a product without its name, or a price without its amount"),
    ],
)
def test_project_that_cannot_be_read_proves_nothing(read, told, reason):
    """It says nothing of the release, so it is not the release that is broken."""
    with pytest.raises(Unprovable, match=f"^RevenueCat.*{reason}"):
        read({FIRST: told})[1]()
