"""Webhooks: whose they are, and what each event changes."""

import hashlib
import hmac
import re
import sqlite3
import time
from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException

from reference.accounts import Accounts, Player
from reference.bodies import WebhookEvent
from reference.catalogue import key_of_entitlement_id, now_ms
from reference.entitlements import Entitlements, Grant
from reference.logs import log
from reference.settings import Settings

Effect = Callable[[Player, str, WebhookEvent], None]


class WebhookCredentials:
    """The three strategies met in deployments. Without a secret none of them lets anything pass."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.secret = settings.webhook_secret.encode()

    def require(self, headers: Headers, body: bytes) -> None:
        """401 unless the raw body is RevenueCat's."""
        value = headers.get(self.settings.webhook_header, "").encode("latin-1")
        check = {"static": self.static, "signed": self.signed, "body-hmac": self.body_hmac}
        if not self.secret or not check[self.settings.webhook_strategy](value, body):
            log.warning("Webhook signature verification failed")
            raise HTTPException(401, "Webhook signature verification failed")

    def static(self, value: bytes, body: bytes) -> bool:
        forms = (value, self.bare(value), value.removeprefix(b"Bearer "))
        return any([self.is_same(form, self.secret) for form in forms])

    def signed(self, value: bytes, body: bytes) -> bool:
        parts = re.fullmatch(rb"t=([0-9]{1,12}),v1=([0-9a-f]{64})", self.bare(value))
        if parts is None:
            return False
        moment, signature = parts.groups()
        return self.is_recent(int(moment)) and self.is_same(signature, self.digest(b"%s.%s" % (moment, body)))

    def body_hmac(self, value: bytes, body: bytes) -> bool:
        return self.is_same(self.bare(value), self.digest(body))

    def bare(self, value: bytes) -> bytes:
        return value.removeprefix(self.settings.webhook_prefix.encode())

    def is_recent(self, moment: int) -> bool:
        return abs(time.time() - moment) <= self.settings.webhook_tolerance_s

    def is_same(self, given: bytes, expected: bytes) -> bool:
        return hmac.compare_digest(given, expected)

    def digest(self, message: bytes) -> bytes:
        return hmac.new(self.secret, message, hashlib.sha256).hexdigest().encode()


class WebhookEffects:
    """Each event changes state once. Types without an effect here, TEST among them, change nobody."""

    def __init__(self, store: sqlite3.Connection, accounts: Accounts, entitlements: Entitlements) -> None:
        self.store = store
        self.accounts = accounts
        self.entitlements = entitlements

    async def receive(self, event: WebhookEvent) -> None:
        log.info("Received webhook event_id=%s", event.id)
        with self.store:
            if self.is_first(event):
                self.apply(event)

    def is_first(self, event: WebhookEvent) -> bool:
        """Whether this delivery is the one that counts: the UNIQUE key lets a single one in."""
        written = self.store.execute("INSERT OR IGNORE INTO webhook_events VALUES (?)", (event.id,))
        return written.rowcount == 1

    def apply(self, event: WebhookEvent) -> None:
        if event.type == "TRANSFER":
            self.transfer(event)
        elif (effect := self.effect_of(event)) is not None:
            names = self.names(event)
            player = self.first_known(names)
            if player is None:
                self.hold(event, names)
                return
            for key in self.keys(event):
                effect(player, key, event)

    def effect_of(self, event: WebhookEvent) -> Effect | None:
        if event.type == "CANCELLATION":
            return self.refund if event.cancel_reason == "CUSTOMER_SUPPORT" else self.cancel
        return {
            "INITIAL_PURCHASE": self.grant,
            "RENEWAL": self.grant,
            "UNCANCELLATION": self.grant,
            "NON_RENEWING_PURCHASE": self.grant,
            "EXPIRATION": self.expire,
        }.get(event.type)

    def names(self, event: WebhookEvent) -> list[str]:
        named = [event.app_user_id, event.original_app_user_id, *(event.aliases or [])]
        return [name for name in named if name]

    def first_known(self, names: list[str]) -> Player | None:
        return next(filter(None, map(self.accounts.known_as, names)), None)

    def keys(self, event: WebhookEvent) -> list[str]:
        keys = (key_of_entitlement_id(each) for each in event.entitlement_ids or [])
        return [key for key in keys if key is not None]

    # What the types do to one key of the player

    def grant(self, player: Player, key: str, event: WebhookEvent) -> None:
        self.entitlements.grant(player, self.news(key, event, "owned"))

    def expire(self, player: Player, key: str, event: WebhookEvent) -> None:
        self.entitlements.end(player, self.news(key, event, "expired"))

    def refund(self, player: Player, key: str, event: WebhookEvent) -> None:
        self.entitlements.end(player, self.news(key, event, "revoked"))

    def cancel(self, player: Player, key: str, event: WebhookEvent) -> None:
        """Auto-renewal is off: what was paid for stays until it runs out."""
        if event.expiration_at_ms is not None:
            self.entitlements.reschedule(player, self.news(key, event, "owned"))

    def news(self, key: str, event: WebhookEvent, status: str) -> Grant:
        as_of = self.as_of(event)
        ends = event.expiration_at_ms
        return Grant(
            key,
            event.product_id or "",
            status,
            as_of if status == "owned" else None,
            min(ends if ends is not None else as_of, now_ms()) if status != "owned" else ends,
            event.transaction_id,
            event.type.lower(),
            as_of,
        )

    def as_of(self, event: WebhookEvent) -> int:
        return event.event_timestamp_ms if event.event_timestamp_ms is not None else now_ms()

    def transfer(self, event: WebhookEvent) -> None:
        """All that transferred_from owned moves, and so does what is held for names nobody has yet."""
        names = event.transferred_to or []
        target = self.first_known(names)
        if target is None:
            self.hold(event, names)
            return
        for name in event.transferred_from or []:
            source = self.accounts.known_as(name)
            if source is None:
                heir = {"app_user_id": target.id, "transferred_to": [target.id]}
                for held in self.release(name):
                    self.apply(held.model_copy(update=heir))
            elif source != target:
                self.entitlements.move(source, target, self.as_of(event))

    # Events for players who are not here yet

    def hold(self, event: WebhookEvent, names: list[str]) -> None:
        """Keeps an event until one of its names registers; 422 when it names nobody at all."""
        if not names:
            raise HTTPException(422, "The event names no player")
        rows = [(event.id, name.lower(), event.model_dump_json()) for name in names]
        self.store.executemany("INSERT OR IGNORE INTO held_events VALUES (?, ?, ?)", rows)
        log.info("Webhook kept until its player registers event_id=%s", event.id)

    def release(self, name: str) -> list[WebhookEvent]:
        """The events held under a name, in order of arrival; they are held no longer."""
        rows = self.store.execute(
            "SELECT event_id, event FROM held_events WHERE name = ? ORDER BY rowid", (name.lower(),)
        ).fetchall()
        for row in rows:
            self.store.execute("DELETE FROM held_events WHERE event_id = ?", (row["event_id"],))
        return [WebhookEvent.model_validate_json(row["event"]) for row in rows]

    def welcome(self, player: Player) -> None:
        """Applies what was held for a player who has just registered."""
        for event in self.release(player.username):
            self.apply(event)
