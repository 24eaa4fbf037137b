"""Faults of the premium gates."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import FastAPI, Path, Request
from starlette.exceptions import HTTPException

import reference.app
from reference.accounts import Player
from reference.app import Parts
from reference.catalogue import ALWAYS_LISTED, hero_key
from reference.changing import Answer, edit, edit_json, put
from reference.choices import fault

ITEM = "gates.enforced"
PACK = "PREMIUM_CINEMATICS_PACK"


def refuse(*_: Any) -> None:
    raise HTTPException(403, "Not yours")


@fault("gates.cinematics-open", ITEM)
def cinematics_open(parts: Parts) -> None:
    """The cinematics are open to everybody."""
    put(parts.gates, cinematic=lambda player, hero_id: None)


@fault("gates.cinematics-closed", ITEM)
def cinematics_closed(parts: Parts) -> None:
    """The cinematics are closed to everybody."""
    put(parts.gates, cinematic=refuse)


@fault("gates.pack-opens-nothing", ITEM)
def pack_opens_nothing(parts: Parts) -> None:
    """Only a hero's own key opens its cinematics, the pack does not."""
    _open_to(parts, lambda player, hero_id: parts.entitlements.owns(player, hero_key(hero_id)))


@fault("gates.hero-key-opens-nothing", ITEM)
def hero_key_opens_nothing(parts: Parts) -> None:
    """Only the pack opens a hero's cinematics, its own key does not."""
    _open_to(parts, lambda player, hero_id: parts.entitlements.owns(player, PACK))


@fault("gates.hero-key-opens-all", ITEM)
def hero_key_opens_all(parts: Parts) -> None:
    """One hero's key opens every hero's cinematics."""
    _open_to(parts, lambda player, hero_id: _owns(parts, player, lambda key: "CINEMATIC" in key))


@fault("gates.any-purchase-opens", ITEM)
def any_purchase_opens(parts: Parts) -> None:
    """Whoever ever bought a cinematic sees it for good."""
    _open_to(
        parts,
        lambda player, hero_id: any(
            grant.key in (PACK, hero_key(hero_id)) for grant in parts.entitlements.grants(player)
        ),
    )


@fault("gates.premium-opens-cinematics", ITEM)
def premium_opens_cinematics(parts: Parts) -> None:
    """Premium, which is the battle pass alone, opens the cinematics too."""
    _open_to(
        parts,
        lambda player, hero_id: any(
            parts.entitlements.owns(player, key) for key in ("PREMIUM", PACK, hero_key(hero_id))
        ),
    )


@fault("gates.cached", ITEM)
def cached(parts: Parts) -> None:
    """A gate remembers the first time it was refused."""
    strict = parts.gates.cinematic
    refused: set[str] = set()

    def cinematic(player: Player, hero_id: str) -> None:
        if player.id in refused:
            refuse()
        refused.add(player.id)
        strict(player, hero_id)
        refused.discard(player.id)

    put(parts.gates, cinematic=cinematic)


def _open_to(parts: Parts, owns: Callable[[Player, str], bool]) -> None:
    put(parts.gates, cinematic=lambda player, hero_id: None if owns(player, hero_id) else refuse())


def _owns(parts: Parts, player: Player, matches: Callable[[str], bool]) -> bool:
    return any(matches(grant.key) for grant in parts.entitlements.grants(player) if grant.status == "owned")


@fault("gates.video-open", ITEM)
def video_open(parts: Parts, app: FastAPI) -> None:
    """The video's address is given to everybody."""
    edit(
        app,
        lambda _, answer: answer.replace(200, parts.gates.video("hero_1")),
        "url",
        statuses=range(403, 404),
    )


@fault("gates.access-open", ITEM)
def access_open(app: FastAPI) -> None:
    """Everybody is told to have access."""
    edit(app, lambda _, answer: answer.replace(200, {"access": True}), "access", statuses=range(403, 404))


@fault("gates.refusal-402", ITEM)
def refusal_402(app: FastAPI) -> None:
    """A closed gate answers 402."""
    edit(app, lambda _, answer: answer.replace(402, answer.json), "access", "url", statuses=range(403, 404))


@fault("gates.refusal-200", ITEM)
def refusal_200(app: FastAPI) -> None:
    """A closed gate answers 200 with access false."""
    edit(app, lambda _, answer: answer.replace(200, {"access": False}), "access", statuses=range(403, 404))


@fault("gates.refusal-leaks-url", ITEM)
def refusal_leaks_url(parts: Parts, app: FastAPI) -> None:
    """The refusal carries the video's address."""
    _leak(app, lambda: parts.gates.video("hero_1"))


@fault("gates.refusal-leaks-preview", ITEM)
def refusal_leaks_preview(parts: Parts, app: FastAPI) -> None:
    """The refusal carries the video's address under another name."""
    _leak(app, lambda: {"preview": parts.gates.video("hero_1")["video_url"]})


def _leak(app: FastAPI, leaked: Callable[[], dict[str, Any]]) -> None:
    edit(app, lambda _, answer: answer.replace(403, answer.json | leaked()), "url", statuses=range(403, 404))


def told(name: str, call: str, description: str, **changes: Any) -> None:
    """Enters a fault that changes fields of what an owner is told."""

    def tell(app: FastAPI) -> None:
        edit_json(app, lambda body: {**body, **changes}, call)

    fault(f"gates.{name}", ITEM, description)(tell)


told("access-false", "access", "An owner is told to have no access.", access=False)
told("access-text", "access", "Access is said in a text.", access="true")
told("access-of-another-hero", "access", "Access names another hero.", hero_id="hero_0")
told("video-of-another-hero", "url", "The video's address names another hero.", hero_id="hero_0")
told("video-null", "url", "The video's address is null.", video_url=None)
told("video-empty", "url", "The video's address is empty.", video_url="")
told("video-expiry-text", "url", "The video's address has an expires_in that is a text.", expires_in="300")
told("video-expired", "url", "The video's address is expired when it is given.", expires_in=0)


@fault("gates.access-206", ITEM)
def access_206(app: FastAPI) -> None:
    """An owner's access is answered 206."""
    edit(app, lambda _, answer: answer.replace(206, answer.json), "access", statuses=range(200, 201))


@fault("gates.video-302", ITEM)
def video_302(app: FastAPI) -> None:
    """An owner is redirected to the video."""

    def redirect(_: Request, answer: Answer) -> None:
        answer.headers["Location"] = answer.json["video_url"]
        answer.replace(302, {})

    edit(app, redirect, "url", statuses=range(200, 201))


@fault("gates.any-hero-id", ITEM)
def any_hero_id(parts: Parts) -> None:
    """Any text is a hero's id."""
    put(reference.app, HeroId=str)


@fault("gates.long-hero-id", ITEM)
def long_hero_id(parts: Parts) -> None:
    """A hero's id may be of any length."""
    put(reference.app, HeroId=Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]+$")])


@fault("gates.bad-hero-id-500", ITEM)
def bad_hero_id_500(app: FastAPI) -> None:
    """A bad hero id is a 500."""
    edit(app, lambda _, answer: answer.replace(500, {}), "access", "url", statuses=range(422, 423))


@fault("gates.hero-key-not-listed", ITEM)
def hero_key_not_listed(parts: Parts) -> None:
    """The snapshot lists standing keys only, so that it disagrees with the gates of single heroes."""
    whole = parts.entitlements.snapshot

    def snapshot(player: Player) -> dict[str, Any]:
        seen = whole(player)
        standing = {key: entry for key, entry in seen["entitlements"].items() if key in ALWAYS_LISTED}
        return {**seen, "entitlements": standing}

    put(parts.entitlements, snapshot=snapshot)
