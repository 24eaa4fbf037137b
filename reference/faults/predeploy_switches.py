"""Faults before the deploy: of the release's variables."""

from reference.choices import fault
from reference.release import Release

ITEM = "predeploy.switches"
KEY, WEBHOOK, JWT = "REVENUECAT_SECRET_KEY", "REVENUECAT_WEBHOOK_SECRET", "JWT_SECRET_KEY"
BACKEND, IOS = "EXPO_PUBLIC_BACKEND_URL", "EXPO_PUBLIC_REVENUECAT_IOS_API_KEY"
HERE = "https://api.divine-heroes.example"


def _set(name: str, description: str, **values: str | None) -> None:
    """Enters a fault that sets variables; None removes one."""

    def change(release: Release) -> None:
        for variable, value in values.items():
            release.switches.pop(variable, None)
            if value is not None:
                release.switches[variable] = value

    fault(f"predeploy.{name}", ITEM, description)(change)


_set("jwt-secret-missing", "The signing key is missing.", **{JWT: None})
_set("database-empty", "The database's address is empty.", MONGO_URL="")
_set("backend-url-missing", "The client does not know its backend.", **{BACKEND: None})

_set(
    "backend-url-http", "The client talks to its backend in the clear.", **{BACKEND: HERE.replace("s:", ":")}
)
_set("backend-url-slash", "The backend's address ends with a slash.", **{BACKEND: f"{HERE}/"})
_set("backend-url-of-a-page", "The backend's address goes on behind the host.", **{BACKEND: f"{HERE}/app"})
_set(
    "backend-url-credentials",
    "The backend's address holds credentials.",
    **{BACKEND: "https://a:b@h.example"},
)
_set("jwt-secret-short", "The signing key lacks a character.", **{JWT: "5f0c" * 15 + "a1e"})
_set("jwt-secret-no-hex", "The signing key is no hexadecimal number.", **{JWT: "3g7f91c2" * 8})
_set("public-key-for-secret", "The server has RevenueCat's public key.", **{KEY: "appl_c84d1be0237f9a56"})
_set(
    "webhook-secret-unprefixed",
    "The webhook's secret lost its beginning.",
    **{WEBHOOK: "c84d1be0237f9a56" * 2},
)
_set("webhook-secret-cut", "The webhook's secret was cut off.", **{WEBHOOK: "whsec_c84d"})
_set("test-store-key", "The client has a key of the test store.", **{IOS: "test_c84d1be0237f9a56"})
_set(
    "dsn-without-key",
    "The DSN of crash reports has no key.",
    EXPO_PUBLIC_SENTRY_DSN="https://sentry.example/42",
)
_set("dsn-without-project", "The DSN names no project.", SENTRY_DSN="https://c84d1be0@sentry.example/")
_set("dsn-of-words", "The DSN is no address.", SENTRY_DSN="c84d1be0237f9a56")
_set("mode-of-a-number", "The mode is a number.", SERVER_DEV_MODE="0")
_set("quotes-kept", "A value holds its quotes.", **{KEY: "\"'sk_c84d1be0237f9a56'\""})
_set("blank-kept", "A value holds a blank at its end.", **{KEY: '"sk_c84d1be0237f9a56 "'})

_set("key-of-an-example", "The secret key is that of the example.", **{KEY: "sk_your_key_goes_here"})
_set("jwt-secret-of-zeros", "The signing key is all zeros.", **{JWT: "0" * 64})
_set("jwt-secret-repeated", "The signing key repeats a piece.", **{JWT: "0123456789abcdef" * 4})
_set(
    "backend-url-of-an-example", "The client's backend is an example.", **{BACKEND: "https://api.example.com"}
)
_set(
    "backend-url-of-this-machine", "The client's backend is a laptop.", **{BACKEND: "https://localhost:8000"}
)

_set("mode-on", "The release runs in development mode.", SERVER_DEV_MODE="true")
_set("emergency-stop-left-on", "Purchases are still stopped, as in an incident.", PURCHASES_DISABLED="true")
_set(
    "backend-url-of-staging",
    "The client talks to another backend.",
    **{BACKEND: "https://staging.divine-heroes.example"},
)
_set("prefix-doubled", "The backend's address names the API's prefix twice.", **{BACKEND: f"{HERE}/api/api"})


def _given_away(name: str, description: str, variable: str, secret: str, text: str) -> None:
    def give_away(release: Release) -> None:
        release.switches[variable] = text.format(release.switches[secret])

    fault(f"predeploy.{name}", ITEM, description)(give_away)


_given_away("client-holds-key", "The client holds the secret key.", "EXPO_PUBLIC_KEY", KEY, "{}")
_given_away("client-holds-jwt", "The client holds the signing key.", "EXPO_PUBLIC_SALT", JWT, "{}")
_given_away(
    "client-address-holds-key", "An address holds the key.", "EXPO_PUBLIC_URL", KEY, "https://{}@h.example"
)
_given_away(
    "client-holds-old-secret", "The client holds last year's.", "EXPO_PUBLIC_X", KEY, "whsec_c84d1be0237f"
)
_given_away(
    "secret-made-public", "A secret got a public name.", "EXPO_PUBLIC_JWT_SECRET_KEY", JWT, "from-elsewhere"
)
