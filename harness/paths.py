"""The [paths] section of an environment file."""

import re

from pydantic import Field, model_validator

from harness.kinds import UrlPath
from runbook.tomlfile import Section


class Paths(Section):
    """Where each call of the contract lives below the API prefix."""

    health: UrlPath = "/health"
    features: UrlPath = "/v1/features"
    register_: UrlPath = Field("/user/register", alias="register")
    login: UrlPath = "/auth/login"
    verify: UrlPath = "/auth/verify"
    logout: UrlPath = "/auth/logout"
    snapshot: UrlPath = "/entitlements/snapshot"
    cinematic_access: UrlPath = "/hero/{hero_id}/cinematic/access"
    cinematic_url: UrlPath = "/hero/{hero_id}/cinematic/url"
    claim: UrlPath = "/battle-pass/{username}/claim/{track}/{level}"
    verify_purchase: UrlPath = "/purchases/verify"
    webhook: UrlPath = "/webhooks/revenuecat"
    vip_purchase: UrlPath = "/vip/purchase"
    vip_package_purchase: UrlPath = "/vip/package/purchase"
    crystals_purchase: UrlPath = "/store/purchase-crystals"
    divine_purchase: UrlPath = "/store/purchase-divine"
    battle_pass_purchase: UrlPath = "/battle-pass/{username}/purchase"

    @model_validator(mode="after")
    def _placeholders(self) -> "Paths":
        for name, info in type(self).model_fields.items():
            wanted, got = (set(re.findall(r"{(\w+)}", text)) for text in (info.default, getattr(self, name)))
            if wanted != got:
                raise ValueError(
                    f"{info.alias or name} must name {sorted(wanted)}, and names {sorted(got)}; mend it"
                )
        return self
