"""The products that a paywall has to show, and how those that it shows differ."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import httpx

from harness.errors import PromiseBroken
from harness.evidence.exchange import Exchange
from harness.target.transport import Transport
from harness.web.settings import Price, Project

# Of the currencies whose sign is not their own name; "$" alone may be any dollar.
SIGNS = {"€": "EUR", "£": "GBP", "¥": "JPY", "₹": "INR", "₽": "RUB", "₩": "KRW", "₺": "TRY", "zł": "PLN"}
# Digits, and what stands between them: a dot, a comma, an apostrophe (also the typographic one), a space.
_NUMBER = re.compile(r"\d(?:[\d.,'\u2019\s]*\d)?")
_CODE = re.compile(r"\b[A-Z]{3}\b")


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
    """The products of a project's current offering; raises PromiseBroken where there is none to read.

    Source: RevenueCat REST v2, `GET /v2/projects/{id}/offerings?expand=items.package.product`; it only reads.
    """
    url = httpx.URL(
        f"{origin}/v2/projects/{project.id}/offerings", params={"expand": "items.package.product"}
    )
    answer = await transport.send(
        "GET", url, {"Authorization": f"Bearer {key}", "Accept": "application/json"}
    )
    return of_offerings(answer.expect(200))


def of_offerings(answer: Exchange) -> tuple[Product, ...]:
    """The products of the offering that an answer calls current."""
    offerings = [each for each in answer.field("items") if each.get("is_current")]
    if not offerings:
        raise PromiseBroken(f"{answer.title}: no offering is the current one", answer)
    packages = offerings[0].get("packages", {}).get("items", [])
    entries = [entry for package in packages for entry in package.get("products", {}).get("items", [])]
    return tuple(dict.fromkeys(_product(entry.get("product", entry)) for entry in entries))


def _product(described: dict[str, Any]) -> Product:
    prices = described.get("prices") or []
    if not prices:
        return Product(described["display_name"], None)
    amount = Decimal(prices[0]["amount_micros"]) / 1_000_000
    return Product(described["display_name"], amount, prices[0].get("currency"))


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
    """The first amount in a price as people write it: "$1,299.00", "9,99 €", "US$4.99 / month"."""
    number = _NUMBER.search(text)
    if number is None:
        return None
    digits = re.sub(r"['\u2019\s]", "", number[0])
    whole, mark, fraction = digits.rpartition(max(",.", key=digits.rfind))
    if not mark or len(fraction) == 3:  # a separator of thousands
        return Decimal(re.sub(r"[,.]", "", digits))
    return Decimal(f"{re.sub(r'[,.]', '', whole)}.{fraction}")


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
    named = {code for sign, code in SIGNS.items() if sign in text} | set(_CODE.findall(text))
    return wanted is not None and bool(named) and wanted not in named


def _same(one: str, other: str) -> bool:
    return " ".join(one.split()).casefold() == " ".join(other.split()).casefold()
