"""The settings of the deployment: environment variables only, checked before anything else starts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Strategy = Literal["static", "signed", "body-hmac"]

SECRETS = ("REVENUECAT_SECRET_KEY", "REVENUECAT_WEBHOOK_SECRET", "JWT_SECRET_KEY")
DEFAULT_HEADERS: dict[Strategy, str] = {
    "static": "Authorization",
    "signed": "X-RevenueCat-Webhook-Signature",
    "body-hmac": "Authorization",
}


class StartRefused(RuntimeError):
    """The settings do not allow a start. The text names variables, never their values."""


@dataclass(frozen=True)
class Settings:
    dev_mode: bool
    revenuecat_secret_key: str = field(repr=False)
    webhook_secret: str = field(repr=False)
    jwt_secret_key: str = field(repr=False)
    purchases_disabled: bool = False
    app_version: str = "1.0.0"
    api_prefix: str = "/api"
    webhook_strategy: Strategy = "signed"
    webhook_header: str = DEFAULT_HEADERS["signed"]
    webhook_prefix: str = ""
    webhook_tolerance_s: int = 300
    revenuecat_base_url: str = ""  # empty: the stand-in of this process
    revenuecat_timeout_s: float = 2.0
    sentry_auth_token: str = field(default="", repr=False)  # empty: its stand-in refuses everybody
    posthog_api_key: str = field(default="", repr=False)
    redirect_front: bool = False  # base_url is a gateway that redirects to the backend
    database: str = ":memory:"

    @classmethod
    def read(cls, environ: Mapping[str, str], database: str = ":memory:") -> "Settings":
        """Settings from environment variables; raises StartRefused, naming everything that is wrong."""
        dev_mode = _switch(environ, "SERVER_DEV_MODE")
        missing = [name for name in SECRETS if not environ.get(name, "").strip()]
        if missing and not dev_mode:
            raise StartRefused(", ".join(f"{name} not configured" for name in missing))
        strategy = environ.get("WEBHOOK_STRATEGY") or "signed"
        if strategy not in DEFAULT_HEADERS:
            raise StartRefused(f"WEBHOOK_STRATEGY is none of {', '.join(DEFAULT_HEADERS)}")
        tolerance = environ.get("WEBHOOK_TOLERANCE_S") or "300"
        if not (tolerance.isascii() and tolerance.isdigit()):
            raise StartRefused("WEBHOOK_TOLERANCE_S is not a number of seconds")
        patience = environ.get("REVENUECAT_TIMEOUT_MS") or "2000"
        if not (patience.isascii() and patience.isdigit()):
            raise StartRefused("REVENUECAT_TIMEOUT_MS is not a number of milliseconds")
        prefix = environ.get("API_PREFIX", "/api").strip("/")
        return cls(
            dev_mode=dev_mode,
            revenuecat_secret_key=environ.get("REVENUECAT_SECRET_KEY", "").strip(),
            webhook_secret=environ.get("REVENUECAT_WEBHOOK_SECRET", "").strip(),
            jwt_secret_key=environ.get("JWT_SECRET_KEY", "").strip(),
            purchases_disabled=_switch(environ, "PURCHASES_DISABLED"),
            app_version=environ.get("APP_VERSION") or "1.0.0",
            api_prefix=f"/{prefix}" if prefix else "",
            webhook_strategy=strategy,
            webhook_header=environ.get("WEBHOOK_HEADER") or DEFAULT_HEADERS[strategy],
            webhook_prefix=environ.get("WEBHOOK_PREFIX", ""),
            webhook_tolerance_s=int(tolerance),
            revenuecat_base_url=environ.get("REVENUECAT_BASE_URL", "").rstrip("/"),
            revenuecat_timeout_s=int(patience) / 1000,
            sentry_auth_token=environ.get("SENTRY_AUTH_TOKEN", "").strip(),
            posthog_api_key=environ.get("POSTHOG_API_KEY", "").strip(),
            redirect_front=_switch(environ, "REDIRECT_FRONT"),
            database=database,
        )


def _switch(environ: Mapping[str, str], name: str) -> bool:
    value = (environ.get(name) or "false").strip().lower()
    if value not in ("true", "false"):
        raise StartRefused(f"{name} is neither true nor false")
    return value == "true"
