"""The products that a paywall has to show, and how those that it shows differ."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from harness.errors import PromiseBroken
from harness.target.transport import Transport
from harness.web.pages import Pages
from harness.web.settings import Price, Project

# The currencies that a sign may mean; "$" says nothing: a dollar or a peso of any country.
SIGNS = {
    "€": {"EUR"},
    "£": {"GBP", "EGP", "FKP", "GIP", "LBP", "SDG", "SHP", "SSP", "SYP"},
    "¥": {"JPY", "CNY"},
    "₹": {"INR"},
    "₽": {"RUB"},
    "₩": {"KRW", "KPW"},
    "₺": {"TRY"},
    "zł": {"PLN"},
}
# With groups of two or three digits behind the first, which the same mark divides (a dot, a comma, an apostrophe, also
# the typographic one, a space), or with none; then maybe a fraction.
_NUMBER = re.compile(
    r"[1-9]\d{0,2}(?P<mark>[.,'\u2019\s])(?:\d{2,3}(?P=mark))*\d{3}(?!\d)(?:(?!(?P=mark))[.,]\d{1,2}(?!\d))?"
    r"|\d+(?:[.,]\d+)?"
    r"|(?<![\w.,/])[.,]\d+"  # "$.99", not "Rs.499" or "S/.15"
)
_GAP = r"[\s,.\u2013\u2014-]{0,3}"  # also that of "5,- \u20ac"


@dataclass(frozen=True)
class Product:
    """A product by its title, with its price; None: the source does not say."""

    title: str
    amount: Decimal | None
    currency: str | None = None


@dataclass(frozen=True)
class Card:
    """A product as a paywall shows it, in its own words."""

    title: str
    price: str


async def listed(products: Iterable[Price]) -> tuple[Product, ...]:
    """The products that an environment file lists."""
    return tuple(Product(each.title, each.amount, each.currency) for each in products)


async def current(transport: Transport, origin: str, project: Project, key: str) -> tuple[Product, ...]:
    """The products of a project's current offering.

    Raises PromiseBroken where it has none, and Unprovable where the project cannot be read.
    Source: RevenueCat REST v2, `GET /v2/projects/{id}/offerings?expand=items.package.product`; it only reads.
    """
    pages = Pages(transport, origin, project.id, key, "web.revenuecat")
    answer, offerings = await pages.all("offerings", "items.package.product")
    offering = next((each for each in offerings if each.get("is_current")), None)
    if offering is None:
        raise PromiseBroken(f"{answer.title}: no offering is the current one", answer)
    packages = await pages.items(offering.get("packages"), "items.product")
    entries = [entry for each in packages for entry in await pages.items(each.get("products"))]
    try:
        return tuple(dict.fromkeys(_product(entry.get("product") or entry) for entry in entries))
    except (LookupError, TypeError, ArithmeticError):
        raise pages.unreadable("has a product without its name, or a price without its amount") from None


def _product(described: dict[str, Any]) -> Product:
    title, prices = described["display_name"], described.get("prices")
    if not isinstance(title, str):
        raise TypeError
    if not prices:
        return Product(title, None)
    amount = Decimal(prices[0]["amount_micros"]) / 1_000_000
    return Product(title, amount, prices[0].get("currency"))


def differences(shown: Iterable[Card], expected: Iterable[Product]) -> list[str]:
    """How a paywall differs from the offering, one line for each product: missing, extra, renamed, wrong price."""
    cards, products = list(shown), list(expected)
    found: list[str] = []
    for product in list(products):
        card = next((each for each in cards if _same(each.title, product.title)), None)
        if card is not None:
            cards.remove(card)
            products.remove(product)
            found += _wrong_price(card, product)
    return [*found, *_unmatched(cards, products)]


def amount(text: str) -> Decimal | None:
    """The amount in a price as people write it: "$1,299.00", "9,99 €", "US$4.99 / month", "2 x 4,99".

    Of several numbers the first with a currency's sign beside it; else the first with a fraction, the first with a
    currency's code beside it, the first. Nothing is multiplied.
    """
    number = _price(text)
    return None if number is None else _value(number)


def _price(text: str) -> re.Match[str] | None:
    numbers = list(_NUMBER.finditer(text))
    for told in (_has_sign, _has_fraction, _codes, bool):
        if (number := next((each for each in numbers if told(each)), None)) is not None:
            return number
    return None


def _value(number: re.Match[str]) -> Decimal:
    mark = number["mark"]
    digits = number[0].replace(mark, "") if mark else number[0]
    return Decimal(digits.replace(",", "."))


def _has_sign(number: re.Match[str]) -> bool:
    return bool(_signs(number))


def _signs(number: re.Match[str]) -> set[str]:
    before, after = _beside(number)
    found = {sign for sign in (before[-1:], after[:1]) if sign and unicodedata.category(sign) == "Sc"}
    found |= {sign for sign in SIGNS if before.endswith(sign) or after.startswith(sign)}
    return {sign for sign in found if before.endswith(sign) or not _leads(sign, after)}


def _leads(sign: str, after: str) -> bool:
    """Whether a sign behind a number is that of the next one: "Season 1 $9.99"."""
    return bool(re.match(r"[.,]?\d", after.removeprefix(sign)))


def _has_fraction(number: re.Match[str]) -> bool:
    return _value(number) != _value(number).to_integral_value() or bool(re.search(r"[.,]\d\d$", number[0]))


def _codes(number: re.Match[str]) -> set[str]:
    before, after = _beside(number)
    return {*re.findall(r"\b[A-Z]{3}$", before), *re.findall(r"^[A-Z]{3}\b", after)}


def _beside(number: re.Match[str]) -> tuple[str, str]:
    """What stands before and after a number, without the gap."""
    before, after = number.string[: number.start()], number.string[number.end() :]
    return re.sub(f"{_GAP}$", "", before), re.sub(f"^{_GAP}", "", after)


def _unmatched(cards: list[Card], products: list[Product]) -> Iterator[str]:
    for product in list(products):
        twin = next(
            (each for each in cards if product.amount is not None and amount(each.price) == product.amount),
            None,
        )
        if twin is not None:
            cards.remove(twin)
            products.remove(product)
            yield f"renamed: {product.title} is shown as {twin.title or '(no title)'}"
    yield from (f"missing: {product.title}" for product in products)
    yield from (f"extra: {card.title or '(no title)'} for {card.price or '(no price)'}" for card in cards)


def _wrong_price(card: Card, product: Product) -> Iterator[str]:
    if product.amount is None:
        if amount(card.price) is None:
            yield f"no price: {product.title} is shown for {card.price or 'nothing'}"
    elif amount(card.price) != product.amount or _other_currency(card.price, product.currency):
        yield f"wrong price: {product.title} costs {product.amount} {product.currency or ''}".rstrip() + (
            f", and is shown for {card.price or 'nothing'}"
        )


def _other_currency(text: str, wanted: str | None) -> bool:
    number = _price(text)
    if number is None or wanted is None:
        return False
    # A word in capitals may stand beside a sign ("BUY $4.99"), and then is no code.
    beside = _signs(number)
    signs = beside or {sign for sign in SIGNS if sign in text}
    named = (not beside and _codes(number)) or {code for sign in signs for code in SIGNS.get(sign, ())}
    return bool(named) and wanted not in named


def _same(one: str, other: str) -> bool:
    return " ".join(one.split()).casefold() == " ".join(other.split()).casefold()
