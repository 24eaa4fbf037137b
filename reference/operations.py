"""What operators ask and switch: health, feature flags, and the simulated purchases of development."""

import sqlite3
from typing import Any

from starlette.exceptions import HTTPException

from reference.accounts import Player
from reference.catalogue import iso, now_ms
from reference.entitlements import TTL_SECONDS, Entitlements, Grant
from reference.settings import Settings

# Route → what it pretends was bought; beside these there is /battle-pass/{username}/purchase.
SIMULATED = {
    "/vip/purchase": "PREMIUM",
    "/vip/package/purchase": "PREMIUM_CINEMATICS_PACK",
    "/store/purchase-crystals": "STARTER_PACK",
    "/store/purchase-divine": "NO_ADS",
}


class Operations:
    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def health(self) -> dict[str, Any]:
        return {
            "status": "healthy",
            "server_dev_mode": self.settings.dev_mode,
            "version": self.settings.app_version,
            "timestamp": iso(now_ms()),
        }

    def features(self) -> dict[str, Any]:
        flags = {"PURCHASES_ENABLED": not self.settings.purchases_disabled}
        return {"version": 1, "ttlSeconds": TTL_SECONDS, "flags": flags}


class SimulatedPurchases:
    def __init__(self, settings: Settings, store: sqlite3.Connection, entitlements: Entitlements) -> None:
        self.settings = settings
        self.store = store
        self.entitlements = entitlements

    def require_allowed(self) -> None:
        if not self.settings.dev_mode:
            raise HTTPException(403, "Simulated purchases are switched off")

    def grant(self, player: Player, key: str) -> dict[str, Any]:
        now = now_ms()
        with self.store:
            self.entitlements.grant(
                player, Grant(key, "simulated", "owned", now, None, None, "simulated", now)
            )
        snapshot = self.entitlements.snapshot(player)
        return {"success": True, "entitlements_snapshot": snapshot, "message": "Simulated purchase"}
