"""The web client, served: its page and its files, its configuration, its offering, and a sink for its telemetry.

The app lives below /app/; every path there that is no file is one of its screens.
"""

import json
import re
from base64 import b64encode
from functools import cached_property
from pathlib import Path
from typing import Any

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from reference.catalogue import PRODUCTS
from reference.settings import Settings

FOLDER = Path(__file__).parent / "web"
NEIGHBOUR = re.compile(r"""["']\./([\w-]+\.js)["']""")  # in an import
KINDS = {".html": "text/html", ".js": "text/javascript", ".css": "text/css"}


class WebClient:
    """The client's files by name, and what they ask the deployment for."""

    def __init__(self, settings: Settings) -> None:
        self.files = {path.name: path.read_text("utf-8") for path in FOLDER.iterdir() if path.suffix in KINDS}
        self.settings = settings

    def edit(self, name: str, old: str, new: str, times: int = 1) -> None:
        """Change a text in a file; raises ValueError unless it is there exactly so many times."""
        if (found := self.files[name].count(old)) != times:
            raise ValueError(f"reference/web/{name} holds {old!r} {found} times, not {times}")
        self.files[name] = self.files[name].replace(old, new)

    @cached_property
    def page(self) -> str:
        """The page with all its scripts in it, as a bundler would ship it: a screen needs no request for each."""
        scripts = {name: text for name, text in self.files.items() if name.endswith(".js")}
        imports = {f"app/{name}": _inline(NEIGHBOUR.sub(r'"app/\1"', text)) for name, text in scripts.items()}
        packed = f"""<script type="importmap">{json.dumps({"imports": imports})}</script>
    <script type="module">import "app/main.js";</script>"""
        before, tag, after = self.files["index.html"].partition(
            '<script type="module" src="main.js"></script>'
        )
        if not tag:
            raise ValueError("reference/web/index.html does not start main.js as a module")
        return before + packed + after

    def config(self) -> dict[str, Any]:
        return {
            "api": self.settings.api_prefix,
            "heroes": ["hero_1", "hero_2"],
            "offering": "/app/offering",
            "telemetry": "/app/telemetry",
            "routing": "path",
        }

    def offering(self) -> list[dict[str, Any]]:
        """The products of the current offering, as RevenueCat would tell the client."""
        return [
            {
                "id": each.product_id,
                "key": each.key,
                "title": each.title,
                "cents": each.cents,
                "currency": "USD",
                "duration": each.duration,
            }
            for each in PRODUCTS
        ]


def client_routes(client: WebClient) -> APIRouter:
    """None of them is published: they are no part of the API."""
    routes = APIRouter(prefix="/app", include_in_schema=False)

    @routes.get("/config.json")
    async def config() -> dict[str, Any]:
        return client.config()

    @routes.get("/offering")
    async def offering() -> dict[str, Any]:
        return {"products": client.offering()}

    @routes.post("/telemetry")
    async def telemetry() -> Response:
        return Response(status_code=204)

    @routes.get("/{path:path}")
    async def file(path: str) -> Response:
        suffix = Path(path).suffix
        if path in client.files:
            return Response(
                client.files[path], media_type=KINDS[suffix], headers={"Cache-Control": "no-cache"}
            )
        if suffix:
            return JSONResponse({"detail": "Not Found"}, 404)
        return Response(client.page, media_type="text/html", headers={"Cache-Control": "no-cache"})

    return routes


def _inline(script: str) -> str:
    return "data:text/javascript;base64," + b64encode(script.encode()).decode()
