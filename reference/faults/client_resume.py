"""Faults of the web client: when it asks for a snapshot, and what it makes of one."""

from reference.app import Parts
from reference.choices import fault

ITEM = "entitlements.resume-refresh"

RESUME = 'document.addEventListener("visibilitychange", resumed);'
STALE = "return !kept || elapsed(kept) < 0 || elapsed(kept) > ttl(kept.snapshot);"


@fault("client.never-resumes", ITEM)
def never_resumes(parts: Parts) -> None:
    """The web client asks for no snapshot when the player comes back."""
    parts.web.edit("main.js", RESUME, "")


@fault("client.resumes-always", ITEM)
def resumes_always(parts: Parts) -> None:
    """The web client asks for a snapshot whenever the player comes back."""
    parts.web.edit("main.js", "&& token()) current()", "&& token()) refresh()")
    parts.web.edit("main.js", "import { current }", "import { current, refresh }")


@fault("client.resumes-a-little-later", ITEM)
def resumes_a_little_later(parts: Parts) -> None:
    """The web client asks for a snapshot a second after the player came back, however fresh the last one is."""
    parts.web.edit(
        "main.js", RESUME, RESUME + "\n" + RESUME.replace("resumed)", "() => setTimeout(refresh, 1000))")
    )
    parts.web.edit("main.js", "import { current }", "import { current, refresh }")


@fault("client.device-clock", ITEM)
def device_clock(parts: Parts) -> None:
    """The web client compares the server's time with the device's clock."""
    parts.web.edit(
        "entitlements.js", STALE, "return !kept || Date.now() > serverThen(kept) + ttl(kept.snapshot);"
    )
    then = "\n\nfunction serverThen(kept) {\n  return Date.parse(kept.snapshot.server_time);\n}\n"
    parts.web.files["entitlements.js"] += then


@fault("client.ttl-ignored", ITEM)
def ttl_ignored(parts: Parts) -> None:
    """The web client trusts a snapshot for an hour, whatever its TTL."""
    parts.web.edit("entitlements.js", "Math.max(30, snapshot.ttl_seconds)", "3600")


@fault("client.ttl-in-milliseconds", ITEM)
def ttl_in_milliseconds(parts: Parts) -> None:
    """The web client takes the TTL for milliseconds."""
    parts.web.edit("entitlements.js", "1000 * Math.min", "Math.min")


@fault("client.asks-twice", ITEM)
def asks_twice(parts: Parts) -> None:
    """The web client asks for two snapshots at the same time when the player comes back."""
    parts.web.edit("entitlements.js", "underway ??= load()", "underway = load()")
    parts.web.edit("main.js", RESUME, f'{RESUME}\naddEventListener("focus", resumed);')


@fault("client.start-without-snapshot", ITEM)
def start_without_snapshot(parts: Parts) -> None:
    """The web client asks for no snapshot until a gate or a resume needs one."""
    parts.web.edit("main.js", "if (token()) current().catch(() => {});\n", "")
    parts.web.edit("login.js", "  await current();\n", "")
    parts.web.edit(
        "screens.js", "export function home() {\n  current().catch(() => {});", "export function home() {"
    )


@fault("client.gate-without-snapshot", ITEM)
def gate_without_snapshot(parts: Parts) -> None:
    """The web client judges a gate by its last snapshot, however old."""
    parts.web.edit(
        "gates.js",
        "export async function cinematic(hero) {\n  await current();",
        "export async function cinematic(hero) {",
    )


@fault("client.offline-resume-forgets", ITEM)
def offline_resume_forgets(parts: Parts) -> None:
    """The web client shows an empty screen when the player comes back without a network."""
    forget = 'document.getElementById("app").replaceChildren()'
    parts.web.edit(
        "main.js", "&& token()) current().catch(() => {})", f"&& token()) refresh().catch(() => {forget})"
    )
    parts.web.edit("main.js", "&& token()) refresh()", "&& token()) (isStale() ? refresh() : current())")
    parts.web.edit("main.js", "import { current }", "import { current, isStale, refresh }")
    parts.web.edit("entitlements.js", "function isStale()", "export function isStale()")


@fault("client.failure-counts-as-fresh", ITEM)
def failure_counts_as_fresh(parts: Parts) -> None:
    """The web client takes a snapshot that it did not get for a fresh one."""
    old = "      if (problem instanceof Refused) throw problem;\n"
    keep = "      localStorage.setItem(SNAPSHOT, JSON.stringify({ ...cached(), at: Date.now() }));\n"
    parts.web.edit("entitlements.js", old, old + keep)


@fault("client.snapshot-not-kept", ITEM)
def snapshot_not_kept(parts: Parts) -> None:
    """The web client goes on with what the player owned at the start, whatever later snapshots say."""
    parts.web.edit(
        "entitlements.js",
        "JSON.stringify({ snapshot,",
        "JSON.stringify({ snapshot: cached()?.snapshot ?? snapshot,",
    )


@fault("client.expiry-ignored", ITEM)
def expiry_ignored(parts: Parts) -> None:
    """The web client opens a gate by a cached entitlement that has expired, before it asks the server."""
    lapsed = " && (!entry.expires_at || Date.parse(entry.expires_at) > serverNow())"
    parts.web.edit("entitlements.js", lapsed, "")
    parts.web.edit(
        "gates.js",
        'return ask("cinematic_gate", () => call("GET", `/hero/${hero}/cinematic/url`));',
        "return {};",
    )
