"""The project at RevenueCat, as its REST v2 tells it: products, offerings, entitlements, webhook integrations."""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from reference.catalogue import PRODUCTS, Product

PAGE = 3  # items; the real one has more on a page, but who reads one page alone is to be found out
OFFERING = "ofrng_default"

Described = dict[str, Any]
Refusal = Callable[[Request], JSONResponse | None]


class Project:
    """What the project holds, each list in the shapes of REST v2; what hangs below an item is listed in full.

    `webhook_url`: where the backend takes its events.
    """

    def __init__(self, webhook_url: str) -> None:
        self.products = [_product(each) for each in PRODUCTS]
        self.packages = [_package(each, position) for position, each in enumerate(PRODUCTS)]
        self.offerings: list[Described] = [
            {
                "object": "offering",
                "id": OFFERING,
                "lookup_key": "default",
                "display_name": "The current offering",
                "is_current": True,
                "state": "active",
                "created_at": 0,
                "metadata": None,
            }
        ]
        self.entitlements: list[Described] = [_entitlement(each) for each in PRODUCTS]
        self.webhooks: list[Described] = [
            {
                "object": "webhook_integration",
                "id": "whintgr_backend",
                "name": "Backend",
                "url": webhook_url,
                "environment": "production",
                "event_types": None,
                "app_id": None,
                "created_at": 0,
            }
        ]


def project_routes(project: Project, refusal: Refusal) -> APIRouter:
    """The routes that read it, always expanded; `refusal`: the answer to who may not."""
    routes = APIRouter(prefix="/v2/projects/{project_id}")

    def listed(path: str, items: Callable[[str], list[Described] | None]) -> None:
        @routes.get(path, name=path)
        async def page(request: Request, starting_after: str | None = None) -> JSONResponse:
            if (refused := refusal(request)) is not None:
                return refused
            found = items(request.path_params["project_id"])
            if found is None or request.path_params.get("offering_id", OFFERING) != OFFERING:
                return JSONResponse(
                    {"type": "resource_missing", "message": "There is no such offering."}, 404
                )
            return JSONResponse(_page(found, request.url.path, starting_after))

    def offerings(project_id: str) -> list[Described]:
        url = f"/v2/projects/{project_id}/offerings/{OFFERING}/packages"
        full = {"project_id": project_id, "packages": _page(project.packages, url)}
        empty = {"project_id": project_id, "packages": _page([], url)}
        return [{**each, **(full if each["id"] == OFFERING else empty)} for each in project.offerings]

    listed("/products", lambda _: project.products)
    listed("/offerings", offerings)
    listed("/offerings/{offering_id}/packages", lambda _: project.packages)
    listed("/entitlements", lambda _: project.entitlements)
    listed("/integrations/webhooks", lambda _: project.webhooks)
    return routes


def _page(items: list[Described], url: str, starting_after: str | None = None) -> Described:
    begin = 1 + next((nth for nth, each in enumerate(items) if each["id"] == starting_after), -1)
    page, rest = items[begin : begin + PAGE], items[begin + PAGE :]
    following = f"{url}?starting_after={page[-1]['id']}" if rest else None
    return {"object": "list", "items": page, "next_page": following, "url": url}


def _whole(items: list[Described], url: str) -> Described:
    return {"object": "list", "items": items, "next_page": None, "url": url}


def _product(each: Product) -> Described:
    """With the price in millionths."""
    return {
        "object": "product",
        "id": f"prod_{each.product_id}",
        "store_identifier": each.product_id,
        "type": "subscription" if each.duration else "one_time",
        "subscription": {"duration": each.duration} if each.duration else None,
        "one_time": None if each.duration else {"is_consumable": False},
        "display_name": each.title,
        "app_id": "app_reference",
        "created_at": 0,
        "state": "active",
        "prices": [{"amount_micros": each.cents * 10_000, "currency": "USD"}],
    }


def _package(each: Product, position: int) -> Described:
    offered = {"product": _product(each), "eligibility_criteria": "all"}
    return {
        "object": "package",
        "id": f"pkge_{each.product_id}",
        "lookup_key": "$rc_monthly" if each.duration else each.product_id,
        "display_name": each.title,
        "position": position,
        "created_at": 0,
        "products": _whole([offered], f"/packages/pkge_{each.product_id}/products"),
    }


def _entitlement(each: Product) -> Described:
    return {
        "object": "entitlement",
        "id": f"entl_{each.entitlement_id}",
        "lookup_key": each.entitlement_id,
        "display_name": each.title,
        "state": "active",
        "created_at": 0,
        "products": _whole([_product(each)], f"/entitlements/entl_{each.entitlement_id}/products"),
    }
