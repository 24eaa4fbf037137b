"""Faults that need luck to be found: what is repeated late, sessions after a logout."""

from collections import defaultdict
from collections.abc import Callable

import jwt

from reference.accounts import Player
from reference.app import Parts
from reference.bodies import WebhookEvent
from reference.catalogue import now_ms
from reference.changing import put
from reference.choices import fault
from reference.faults.fuzzing import CONFORMANCE, crash
from reference.faults.sequences import ITEM

crash(
    CONFORMANCE,
    "production-event",
    "An event of the environment PRODUCTION",
    "webhook",
    lambda sent: sent.get("environment") == "PRODUCTION",
)


@fault("sequence.stale-repeat-counts", ITEM)
def stale_repeat_counts(parts: Parts) -> None:
    """A TRANSFER, or an event of a subscription after which another one came, counts as new when repeated."""
    strict = parts.effects.is_first

    def is_first(event: WebhookEvent) -> bool:
        first, effect = strict(event), parts.effects.effect_of(event)
        player = parts.effects.first_known(parts.effects.names(event))
        if not first and event.type == "TRANSFER":
            parts.effects.transfer(event.model_copy(update={"event_timestamp_ms": now_ms()}))
        if not first and player and effect and event.type != "NON_RENEWING_PURCHASE":
            for key in parts.effects.keys(event):
                known = parts.entitlements._known(player, key, event.product_id or "")
                if known and known.reason != event.type.lower():
                    effect(player, key, event.model_copy(update={"event_timestamp_ms": known.as_of}))
        return first

    put(parts.effects, is_first=is_first)


@fault("sequence.login-after-logout-dead", ITEM)
def login_after_logout_dead(parts: Parts) -> None:
    """The token of the first login after a logout is refused."""
    _ending_at_login(parts, lambda sessions, has_left: sessions[-1:] if has_left else [])


@fault("sequence.login-after-logout-ends-others", ITEM)
def login_after_logout_ends_others(parts: Parts) -> None:
    """The first login after a logout ends the player's other sessions."""
    _ending_at_login(parts, lambda sessions, has_left: sessions[:-1] if has_left else [])


@fault("sequence.third-session-ends-first", ITEM)
def third_session_ends_first(parts: Parts) -> None:
    """A player's third session ends the first."""
    _ending_at_login(parts, lambda sessions, has_left: sessions[:-2])


def _ending_at_login(parts: Parts, choose: Callable[[list[str], bool], list[str]]) -> None:
    """Each login ends some of the player's sessions (their jti, oldest first, the new one last), depending on
    whether the player has logged out since the last login."""
    issue, revoke = parts.tokens.issue, parts.tokens.revoke
    sessions: dict[str, list[str]] = defaultdict(list)
    leavers: set[str] = set()

    def issuing(player: Player) -> str:
        token = issue(player)
        mine = sessions[player.id]
        mine.append(jwt.decode(token, options={"verify_signature": False})["jti"])
        for jti in choose(mine, player.id in leavers):
            revoke(jti)
        leavers.discard(player.id)
        return token

    def revoking(jti: str) -> None:
        leavers.update(player for player, mine in sessions.items() if jti in mine)
        revoke(jti)

    put(parts.tokens, issue=issuing, revoke=revoking)
