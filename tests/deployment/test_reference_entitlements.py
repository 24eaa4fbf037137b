"""The reference deployment keeps its promises of entitlements and gates."""

import time
from datetime import datetime, timedelta

from deployed import Player, Target, now_ms


def test_a_new_player_owns_nothing(player: Player):
    snapshot = player.snapshot()
    assert set(snapshot) == {
        "server_time", "version", "username", "entitlements", "ttl_seconds", "source"
    }  # fmt: skip
    assert snapshot["username"] == player.name
    assert snapshot["ttl_seconds"] == 300
    server_time = datetime.fromisoformat(snapshot["server_time"])
    assert server_time.utcoffset() == timedelta(0)
    assert abs(server_time.timestamp() - time.time()) < 5
    statuses = {key: each["status"] for key, each in snapshot["entitlements"].items()}
    keys = ("PREMIUM", "PREMIUM_CINEMATICS_PACK", "NO_ADS", "STARTER_PACK")
    assert statuses == dict.fromkeys(keys, "not_owned")


def test_an_entitlement_ends_by_the_clock_and_the_version_rises(player: Player):
    player.send(expiration_at_ms=now_ms() + 400, entitlement_ids=["premium_cinematics"])
    owned = player.snapshot()
    assert owned["entitlements"]["PREMIUM_CINEMATICS_PACK"]["status"] == "owned"
    while (later := player.snapshot())["entitlements"]["PREMIUM_CINEMATICS_PACK"]["status"] == "owned":
        expires = datetime.fromisoformat(later["entitlements"]["PREMIUM_CINEMATICS_PACK"]["expires_at"])
        assert datetime.fromisoformat(later["server_time"]) < expires
    assert later["entitlements"]["PREMIUM_CINEMATICS_PACK"]["status"] == "expired"
    assert player.get("/hero/zeus/cinematic/access").status_code == 403
    player.send("RENEWAL", entitlement_ids=["premium_cinematics"])
    assert owned["version"] < later["version"] < player.snapshot()["version"]
    assert player.get("/hero/zeus/cinematic/access").status_code == 200


def test_cinematics_open_for_the_pack_and_for_the_hero(target: Target):
    hero, pack, nobody = target.player(), target.player(), target.player()
    hero.send(
        "NON_RENEWING_PURCHASE", entitlement_ids=["PREMIUM_CINEMATIC_OWNED:zeus"], expiration_at_ms=None
    )
    pack.send("NON_RENEWING_PURCHASE", entitlement_ids=["premium_cinematics"], expiration_at_ms=None)
    for route in ("access", "url"):
        answers = [
            player.get(f"/hero/{hero_id}/cinematic/{route}").status_code
            for player in (hero, pack, nobody)
            for hero_id in ("zeus", "hera", "not.an.id", "x" * 65)
        ]
        assert answers == [200, 403, 422, 422, 200, 200, 422, 422, 403, 403, 422, 422]
    assert hero.get("/hero/zeus/cinematic/access").json() == {"access": True, "hero_id": "zeus"}
    assert hero.get("/hero/zeus/cinematic/url").json()["video_url"].startswith("https://")
    assert "http" not in nobody.get("/hero/zeus/cinematic/url").text
    assert "PREMIUM_CINEMATIC_OWNED:zeus" in hero.snapshot()["entitlements"]


def test_premium_rewards_are_for_premium_players_and_for_themselves(target: Target):
    free, premium = target.player(), target.player()
    premium.send()
    claims = [
        (free, free.name, "free", 200),
        (free, free.name, "premium", 403),
        (premium, premium.name, "premium", 200),
        (premium, free.name, "premium", 403),
        (premium, free.name, "free", 403),
        (premium, premium.name, "gold", 422),
    ]
    for player, name, track, expected in claims:
        assert player.post(f"/battle-pass/{name}/claim/{track}/1").status_code == expected
    assert premium.post(f"/battle-pass/{premium.name}/claim/premium/0").status_code == 422
