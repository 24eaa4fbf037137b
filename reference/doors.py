"""The doors before the routes: who may pass, decided before a path or a body is looked at."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer
from starlette.responses import Response

from reference.accounts import Session, Tokens
from reference.operations import SimulatedPurchases
from reference.purchases import Purchases
from reference.webhooks import WebhookCredentials

Handle = Callable[[Request], Coroutine[Any, Any, Response]]
Door = Callable[[Request, Handle], Coroutine[Any, Any, Response]]


class Doors:
    """Each method is a door: it raises a refusal, or lets the request through to `handle`."""

    def __init__(
        self,
        tokens: Tokens,
        purchases: Purchases,
        credentials: WebhookCredentials,
        simulated: SimulatedPurchases,
    ) -> None:
        self.tokens = tokens
        self.purchases = purchases
        self.credentials = credentials
        self.simulated = simulated

    async def signed_in(self, request: Request, handle: Handle) -> Response:
        request.state.session = self.session(request)
        response = await handle(request)
        response.headers["Cache-Control"] = "no-store"  # each answer is one player's, at one moment
        return response

    async def purchase(self, request: Request, handle: Handle) -> Response:
        self.session(request)
        self.purchases.require_open()
        return await self.signed_in(request, handle)

    async def webhook(self, request: Request, handle: Handle) -> Response:
        self.credentials.require(request.headers, await request.body())
        return await handle(request)

    async def simulated_purchase(self, request: Request, handle: Handle) -> Response:
        self.simulated.require_allowed()
        return await self.signed_in(request, handle)

    def session(self, request: Request) -> Session:
        return self.tokens.session(request.headers.get("Authorization"))


def behind(door: Door, *, bearer: bool = True) -> APIRouter:
    """A router whose routes are reached through a door. FastAPI alone would judge a body first."""

    class Route(APIRoute):
        def get_route_handler(self) -> Handle:
            handle = super().get_route_handler()

            async def through(request: Request) -> Response:
                return await door(request, handle)

            return through

    # The scheme is declared for /openapi.json only; it is the door that judges the token.
    scheme = [Depends(HTTPBearer(auto_error=False))] if bearer else []
    return APIRouter(route_class=Route, dependencies=scheme)


async def session_of(request: Request) -> Session:
    session: Session = request.state.session
    return session


Caller = Annotated[Session, Depends(session_of)]
