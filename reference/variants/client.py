"""Variants of the web client: how it looks, where its screens are, how it reports, and what it asks."""

from typing import Any

from reference.app import Parts
from reference.changing import put
from reference.choices import variant

# Of a client without test ids: by placeholder, role, text and class.
BY_WORDS = {
    "login_screen": "text=Who goes there?",
    "username": "[placeholder='Your name among mortals']",
    "password": "[placeholder='Your secret']",
    "submit": "role=button[name='Enter']",
    "signed_in": "text=Your heroes",
    "cinematic_gate": "role=button[name='Play the saga']",
    "battle_pass_gate": "role=button[name='Take the golden reward']",
    "profile_gate": "role=button[name='Become immortal']",
    "cinematic_open": "video",
    "battle_pass_open": "text=Level 1 reward claimed",
    "paywall": "role=heading[name='Immortality']",
    "product": "li.card",
    "product_title": ".title",
    "product_price": ".price",
}
WORDS = {
    "login.js": {
        '"Divine Heroes"': '"Who goes there?"',
        '"Player name"': '"Your name among mortals"',
        'placeholder: "Password"': 'placeholder: "Your secret"',
        '"Sign in"': '"Enter"',
    },
    "screens.js": {
        '"Watch the cinematic"': '"Play the saga"',
        '"Claim the premium reward"': '"Take the golden reward"',
        '"Go Premium"': '"Become immortal"',
    },
    "paywall.js": {'screen("paywall", "Premium"': 'screen("paywall", "Immortality"'},
    "dom.js": {
        "else if (value !== false && value !== null) made": 'else if (name !== "id" && value !== null) made'
    },
}
HASHED = {
    "home": "#/",
    "login": "#/login",
    "hero": "#/hero/{hero_id}",
    "battle_pass": "#/battle-pass",
    "profile": "#/profile",
    "paywall": "#/paid-features",
}
MOVED = {
    "login": "enter",
    "hero": "h/{hero_id}/story",
    "battle_pass": "season",
    "profile": "me",
    "paywall": "paid-features",
}


@variant("client-other-words", environment={"web": {"selectors": BY_WORDS}})
def other_words(parts: Parts) -> None:
    """The web client has other texts and no test ids."""
    for name, texts in WORDS.items():
        for ours, theirs in texts.items():
            parts.web.edit(name, ours, theirs)


@variant("client-hash-routing", environment={"web": {"routes": HASHED}})
def hash_routing(parts: Parts) -> None:
    """The web client routes by the hash."""
    configured(parts, routing="hash")


@variant(
    "client-other-routes",
    environment={"web": {"routes": MOVED, "storage": {"tokens": ["session"]}}},
)
def other_routes(parts: Parts) -> None:
    """The web client has other routes, and keeps its token under another key."""
    parts.web.edit("main.js", "/^\\/hero\\/([\\w-]+)$/", "/^\\/h\\/([\\w-]+)\\/story$/")
    parts.web.edit("main.js", "battle-pass", "season")
    parts.web.edit("main.js", "/^\\/profile$/", "/^\\/me$/")
    for name, times in (("main.js", 3), ("session.js", 1), ("screens.js", 1)):
        parts.web.edit(name, '"/login"', '"/enter"', times=times)
    parts.web.edit("session.js", '"dh.token"', '"session"')


@variant(
    "client-console-telemetry",
    environment={"web": {"telemetry": {"via": "console", "match": "^\\[telemetry\\]"}}},
)
def console_telemetry(parts: Parts) -> None:
    """The web client writes its telemetry on the console."""
    parts.web.edit(
        "telemetry.js", "send({ event, ...properties });", 'console.info("[telemetry]", event, properties);'
    )


@variant("client-batched-telemetry")
def batched_telemetry(parts: Parts) -> None:
    """The web client collects its telemetry for a second, and sends what it has as one list."""
    batch = (
        "let batch = [];\n\nfunction flush() {\n  if (batch.length) send({ batch });\n  batch = [];\n}\n\n"
    )
    batch += 'addEventListener("pagehide", flush);\n\nfunction send'
    parts.web.edit("telemetry.js", "send({ event, ...properties });", COLLECT)
    parts.web.edit("telemetry.js", "function send", batch)


COLLECT = "batch.push({ name: event, at: Date.now(), params: properties });\n  setTimeout(flush, 1000);"


@variant("client-slow")
def slow(parts: Parts) -> None:
    """The web client takes its time to draw a screen, and to ask for anything."""
    parts.web.edit(
        "main.js",
        "function draw(...elements) {",
        "const draw = (...elements) => setTimeout(() => drawNow(...elements), 400);\n\nfunction drawNow(...elements) {",
    )
    parts.web.edit(
        "api.js",
        "  try {\n    return await fetch(",
        "  await new Promise((done) => setTimeout(done, 200));\n  try {\n    return await fetch(",
    )


@variant("client-dark")
def dark(parts: Parts) -> None:
    """The web client is dark, and its titles are set in capitals."""
    parts.web.edit("style.css", "--ink: #1d1b2e;", "--ink: #efeaff;")
    parts.web.edit("style.css", "--paper: #f6f4fb;", "--paper: #14121f;")
    parts.web.edit("style.css", "--card: #ffffff;", "--card: #211d33;")
    parts.web.edit("style.css", "color-scheme: light;", "color-scheme: dark;")
    parts.web.files["style.css"] += ".title { text-transform: uppercase; }\n"


@variant("client-asks-the-server")
def asks_the_server(parts: Parts) -> None:
    """The web client leaves it to the server whether a gate is open."""
    parts.web.edit(
        "gates.js",
        'if (!owns("PREMIUM_CINEMATICS_PACK") && !owns(`PREMIUM_CINEMATIC_OWNED:${hero}`)) return deny(',
        "const _ = (",
    )
    parts.web.edit("gates.js", '  if (!owns("PREMIUM")) return deny("battle_pass");\n', "")


@variant("client-eager")
def eager(parts: Parts) -> None:
    """The web client asks for more snapshots than it must, and ends a refused session at the server as well."""
    parts.web.edit("main.js", "if (token()) current()", "if (token()) refresh()")
    parts.web.edit("main.js", "import { current }", "import { current, refresh }")
    parts.web.edit("main.js", "start(show);", 'addEventListener("online", resumed);\nstart(show);')
    parts.web.edit(
        "api.js",
        "    refused(used);\n",
        '    if (path !== "/auth/logout") send("POST", "/auth/logout", null, used);\n    refused(used);\n',
    )


@variant("client-prices-in-words")
def prices_in_words(parts: Parts) -> None:
    """The web client writes prices as people in Germany do, and lists the products the other way round."""
    parts.web.edit("paywall.js", '"en-US"', '"de-DE"')
    parts.web.edit("paywall.js", "products.map", "products.reverse().map")


@variant("client-in-files")
def in_files(parts: Parts) -> None:
    """The web client asks for each of its scripts by itself."""
    put(parts.web, page=parts.web.files["index.html"])


@variant("client-letters-from-elsewhere")
def letters_from_elsewhere(parts: Parts) -> None:
    """The web client asks another host for its letters, and does without them."""
    letters = '<link rel="stylesheet" href="https://letters.divine-heroes.example/serif.css">'
    parts.web.edit("index.html", "</head>", f"{letters}</head>")


@variant("client-telemetry-elsewhere", environment={"web": {"telemetry": {"match": "://events[.]"}}})
def telemetry_elsewhere(parts: Parts) -> None:
    """The web client reports to another host, as to a service for statistics."""
    configured(parts, telemetry="https://events.divine-heroes.example/collect")


def configured(parts: Parts, **values: Any) -> None:
    whole = parts.web.config
    put(parts.web, config=lambda: whole() | values)
