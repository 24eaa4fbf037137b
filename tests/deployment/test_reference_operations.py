"""The reference deployment keeps its promises to operators."""

import json
import secrets
from datetime import datetime, timedelta

import httpx
import pytest
from deployed import SECRETS, Player, Target, bearer, signed


def test_health_and_features_need_no_credentials(target: Target):
    health, features = target.http.get("/health").json(), target.http.get("/v1/features").json()
    assert datetime.fromisoformat(health.pop("timestamp")).utcoffset() == timedelta(0)
    assert health == {"status": "healthy", "server_dev_mode": False, "version": "1.0.0"}
    assert features == {"version": 1, "ttlSeconds": 300, "flags": {"PURCHASES_ENABLED": True}}


SIMULATED = (
    "/vip/purchase",
    "/vip/package/purchase",
    "/store/purchase-crystals",
    "/store/purchase-divine",
    "/battle-pass/{name}/purchase",
)


@pytest.mark.parametrize("path", SIMULATED)
def test_simulated_purchases_are_for_development(deployments: dict[str, Target], player: Player, path: str):
    for headers in ({}, bearer("garbage"), bearer(player.token)):
        assert player.target.http.post(path.format(name=player.name), headers=headers).status_code == 403
    developer = deployments["development"].ready().player()
    assert developer.target.http.post(path.format(name=developer.name)).status_code == 401
    assert developer.post(path.format(name=developer.name), {}).status_code == 200
    assert developer.snapshot()["version"] == 2


def test_development_without_secrets_refuses_webhooks_and_verification(deployments: dict[str, Target]):
    target = deployments["development"].ready()
    player = target.player()
    body = json.dumps({"event": player.event()}).encode()
    assert target.deliver(body, signed(body, secret="")).status_code == 401
    assert player.verify().status_code == 503
    assert "REVENUECAT_SECRET_KEY not configured" in target.log.read_text()
    assert target.http.get("/health").json()["server_dev_mode"] is True


def test_the_emergency_switch_stops_purchases_and_nothing_else(deployments: dict[str, Target]):
    target = deployments["purchases switched off"].ready()
    player = target.player()
    refused = player.post("/purchases/verify", {"not": "an order"})
    assert refused.status_code == 503
    assert "temporarily unavailable" in refused.json()["detail"]
    assert target.http.post("/purchases/verify").status_code == 401
    assert target.http.get("/v1/features").json()["flags"] == {"PURCHASES_ENABLED": False}
    body = json.dumps({"event": player.event(entitlement_ids=["premium_cinematics"])}).encode()
    static = {"Authorization": SECRETS["REVENUECAT_WEBHOOK_SECRET"]}
    assert target.deliver(body, static).status_code == 200
    assert player.get("/hero/zeus/cinematic/access").status_code == 200


def test_purchases_leave_markers_and_no_secrets_in_the_log(player: Player):
    receipt = secrets.token_hex(16)
    player.verify(receipt_data=receipt)
    player.buys()
    player.verify(receipt_data=receipt)
    player.verify(receipt_data=[receipt])
    log = player.target.log.read_text()
    assert f"Verifying purchase for user={player.name}" in log
    assert f"Purchase verified successfully user={player.name}" in log
    assert f"Purchase verification failed user={player.name}" in log
    assert not any(secret in log for secret in (*SECRETS.values(), player.token, player.password, receipt))
    assert "Traceback" not in log


def test_the_published_schema_names_the_routes_and_the_bearer_scheme(target: Target):
    schema = httpx.get(str(target.http.base_url.copy_with(path="/openapi.json"))).json()
    assert "/api/entitlements/snapshot" in schema["paths"]
    assert schema["paths"]["/api/entitlements/snapshot"]["get"]["security"]
    assert schema["paths"]["/api/purchases/verify"]["post"]["requestBody"]
    assert schema["components"]["securitySchemes"]["HTTPBearer"]["scheme"] == "bearer"
