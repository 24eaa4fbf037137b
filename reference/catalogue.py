"""What is sold, and which entitlement each product and each RevenueCat entitlement id stands for."""

import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime

HERO_ID = r"^[A-Za-z0-9_-]{1,64}$"
HERO_KEY = "PREMIUM_CINEMATIC_OWNED:"
HERO_PRODUCT = "hero_cinematic_"
LAST_MOMENT_MS = 253_402_300_799_000  # the end of the year 9999: the last that a datetime can hold


@dataclass(frozen=True)
class Product:
    product_id: str
    title: str
    cents: int  # US dollars
    key: str
    entitlement_id: str  # RevenueCat's name for the key
    duration: str | None = None  # ISO 8601; None: bought once


PRODUCTS = (
    Product(
        "premium_cinematics_pack",
        "Premium Cinematics Pack",
        999,
        "PREMIUM_CINEMATICS_PACK",
        "premium_cinematics",
    ),
    Product("premium_monthly", "Premium", 499, "PREMIUM", "premium", "P1M"),
    Product("no_ads_forever", "No Ads", 299, "NO_ADS", "no_ads"),
    Product("starter_pack", "Starter Pack", 99, "STARTER_PACK", "starter_pack"),
)
ALWAYS_LISTED = ("PREMIUM", "PREMIUM_CINEMATICS_PACK", "NO_ADS", "STARTER_PACK")


def is_hero_id(text: str) -> bool:
    return re.fullmatch(HERO_ID.strip("^$"), text) is not None


def hero_key(hero_id: str) -> str:
    return HERO_KEY + hero_id


def key_of_product(product_id: str) -> str | None:
    """The entitlement key a product is sold for; None for a product nobody knows."""
    if product_id.startswith(HERO_PRODUCT) and is_hero_id(product_id.removeprefix(HERO_PRODUCT)):
        return hero_key(product_id.removeprefix(HERO_PRODUCT))
    return next((product.key for product in PRODUCTS if product.product_id == product_id), None)


def key_of_entitlement_id(entitlement_id: str) -> str | None:
    """The key a RevenueCat entitlement id stands for; a key stands for itself; None grants nothing."""
    if entitlement_id.startswith(HERO_KEY) and is_hero_id(entitlement_id.removeprefix(HERO_KEY)):
        return entitlement_id
    known = {product.entitlement_id: product.key for product in PRODUCTS}
    return known.get(entitlement_id, entitlement_id if entitlement_id in ALWAYS_LISTED else None)


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def iso(moment_ms: int) -> str:
    """ISO 8601 in UTC, with the offset."""
    return datetime.fromtimestamp(moment_ms / 1000, UTC).isoformat()
