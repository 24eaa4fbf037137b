"""Faults of what a player sees only after something happened to them: entries that ended, versions, later events."""

from collections import Counter
from typing import Any

from fastapi import FastAPI, Request

from reference.app import Parts
from reference.changing import Answer, edit, edit_json, put
from reference.choices import fault
from reference.entitlements import Grant
from reference.faults.fuzzing import sent_by
from reference.faults.sequences import ITEM


@fault("sequence.ended-entry-without-product", ITEM)
def ended_entry_without_product(parts: Parts) -> None:
    """An entry that is expired or revoked says "lapsed", and names no product."""
    strict = parts.entitlements.described

    def described(key: str, grant: Grant | None, now: int) -> dict[str, Any]:
        entry = strict(key, grant, now)
        if entry["status"] in ("revoked", "expired"):
            return {name: value for name, value in entry.items() if name != "product_id"} | {
                "status": "lapsed"
            }
        return entry

    put(parts.entitlements, described=described)


@fault("sequence.hero-entry-of-another-key", ITEM)
def hero_entry_of_another_key(parts: Parts) -> None:
    """The entry of a hero's cinematics gives its key without the prefix."""
    strict = parts.entitlements.described

    def described(key: str, grant: Grant | None, now: int) -> dict[str, Any]:
        return {**strict(key, grant, now), "key": key.rpartition(":")[2]}

    put(parts.entitlements, described=described)


@fault("sequence.granted-snapshot-without-ttl", ITEM)
def granted_snapshot_without_ttl(app: FastAPI) -> None:
    """The snapshot in the answer to a verified purchase has no ttl_seconds, and a text as version."""

    def shortened(body: Any) -> Any:
        if not body.get("success"):
            return body
        snapshot = {**body["entitlements_snapshot"], "version": str(body["entitlements_snapshot"]["version"])}
        del snapshot["ttl_seconds"]
        return {**body, "entitlements_snapshot": snapshot}

    edit_json(app, shortened, "purchase")


@fault("sequence.version-starts-again", ITEM)
def version_starts_again(parts: Parts) -> None:
    """The version of a snapshot is 0 again after every twelve changes."""
    strict = parts.entitlements.version
    put(parts.entitlements, version=lambda player, now: strict(player, now) % 12)


@fault("sequence.tenth-event-crashes", ITEM)
def tenth_event_crashes(app: FastAPI) -> None:
    """The tenth event about a player, and each later one, is a 500."""
    seen: Counter[str] = Counter()

    def crash(request: Request, answer: Answer) -> None:
        sent = sent_by(request, answer) or {}
        who = str(sent.get("app_user_id") or sent.get("transferred_from"))
        seen[who] += 1
        if seen[who] >= 10:
            answer.replace(500, {"detail": "Too many rows"})

    edit(app, crash, "webhook", statuses=range(200, 201))
