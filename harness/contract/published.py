"""What a target publishes of itself: where its OpenAPI document is."""

from harness.errors import Unprovable
from harness.evidence.exchange import Exchange
from harness.sections import Contract
from harness.target.api import Api

USUAL = "/openapi.json"  # FastAPI's default
WITHHELD = {401, 403, 404, 405}


class Publication:
    """The place that `settings` names, or the usual ones: below the origin, then below the API's prefix."""

    def __init__(self, api: Api, settings: Contract, api_prefix: str) -> None:
        self._api, self._named = api, settings.openapi
        self._places = [settings.openapi] if settings.openapi else dict.fromkeys([USUAL, api_prefix + USUAL])

    async def document(self) -> Exchange:
        """The answer that should hold the document; raises Unprovable where none is published.

        PromiseBroken where it should be there and cannot be had.
        """
        failed = None
        for place in self._places:
            answer = await self._api.at(place)
            if self._holds(answer):
                return answer.expect(200)
            if answer.status >= 500:
                failed = failed or answer
        if failed is not None:
            return failed.expect(200)
        raise Unprovable(
            "the target publishes no OpenAPI document",
            "set contract.openapi to where it does, or add contract.drift to checklist.not_required",
        )

    def _holds(self, answer: Exchange) -> bool:
        if self._named:
            return answer.status not in WITHHELD
        # Nobody said that it is here: a web client may have a page for every path.
        return answer.status == 200 and "html" not in answer.headers.get("Content-Type", "").lower()
