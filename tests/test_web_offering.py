"""A paywall compared with the offering: what is missing, extra, renamed or wrongly priced."""

from decimal import Decimal

import pytest

from harness.errors import PromiseBroken
from harness.web.offering import Card, Product, amount, differences, of_offerings

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
        ("3 months for $2.5", "3"),
        ("$0.99", "0.99"),
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


def test_current_offering_is_read(make_exchange):
    answer = make_exchange(listed(offering(False, "Old"), offering(True, "Premium", "No Ads")))
    assert of_offerings(answer) == tuple(
        Product(name, Decimal("4.99"), "USD") for name in ("Premium", "No Ads")
    )


def test_product_without_a_price_is_read(make_exchange):
    bare = {"is_current": True, "packages": listed({"products": listed({"display_name": "Premium"})})}
    assert of_offerings(make_exchange(listed(bare))) == (Product("Premium", None),)


def test_project_without_a_current_offering_is_told(make_exchange):
    with pytest.raises(PromiseBroken, match="no offering is the current one"):
        of_offerings(make_exchange(listed(offering(False, "Old"))))
