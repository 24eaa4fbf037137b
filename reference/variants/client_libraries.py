"""Variants of the web client: what the libraries of a React Native app do in a browser."""

from reference.app import Parts
from reference.choices import variant


@variant("client-session-in-json")
def session_in_json(parts: Parts) -> None:
    """The web client keeps its session as JSON, of which the frame is left when it has ended."""
    read = "localStorage.getItem(TOKEN)"
    parts.web.edit(
        "session.js",
        f"token = () => {read};",
        f"token = () => JSON.parse({read} ?? '{{}}').state?.token ?? null;",
    )
    parts.web.edit("session.js", "(TOKEN, signedIn.token)", f"(TOKEN, {_session('signedIn.token')})")
    parts.web.edit(
        "session.js", "localStorage.removeItem(TOKEN)", f"localStorage.setItem(TOKEN, {_session('null')})"
    )
    parts.web.edit("session.js", " && !event.newValue", "")


def _session(token: str) -> str:
    return f"JSON.stringify({{ state: {{ token: {token}, language: 'en' }}, version: 0 }})"


@variant("client-statistics-service")
def statistics_service(parts: Parts) -> None:
    """The web client collects its telemetry for ten seconds, packs it, and reports nothing of robots."""
    parts.web.edit(
        "telemetry.js",
        "  send({ event, ...properties });",
        "  if (!isRobot()) batch.push({ event, properties });",
    )
    parts.web.edit("telemetry.js", "function send(record) {", "async function send(record) {")
    parts.web.edit("telemetry.js", '{ "Content-Type": "application/json" }', '{ "Content-Encoding": "gzip" }')
    parts.web.edit(
        "telemetry.js",
        "const body = JSON.stringify(record);",
        "const body = await packed(JSON.stringify(record));",
    )
    parts.web.files["telemetry.js"] += STATISTICS


STATISTICS = """
let batch = [];

setInterval(() => {
  if (batch.length) send({ batch });
  batch = [];
}, 10_000);

function packed(text) {
  return new Response(new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"))).blob();
}

function isRobot() {
  const brands = (navigator.userAgentData?.brands ?? []).map(({ brand }) => brand);
  return navigator.webdriver || /headless/i.test([navigator.userAgent, ...brands]);
}
"""


@variant("client-other-listeners")
def other_listeners(parts: Parts) -> None:
    """The web client listens on the window and to the pointer, tries nothing without a network, and has a worker."""
    parts.web.edit("main.js", "document.addEventListener(", "addEventListener(")
    parts.web.edit("dom.js", "class: look, onclick }", "class: look, onpointerup: onclick }")
    parts.web.edit(
        "api.js",
        "  try {\n    return await fetch(",
        "  if (!navigator.onLine) throw new Offline();\n  try {\n    return await fetch(",
    )
    parts.web.files["worker.js"] = "addEventListener('fetch', () => {});\n"
    parts.web.edit("main.js", "start(show);", "start(show);\n" + WORKER)


WORKER = 'if ("serviceWorker" in navigator) navigator.serviceWorker.register("worker.js").then((made) => made.scope);'


@variant("client-drawn-by-the-server")
def drawn_by_the_server(parts: Parts) -> None:
    """The web client shows the login from its first byte, and is deaf for a second after."""
    drawn = """<section data-testid="login-screen" class="screen login"><h1>Divine Heroes</h1>
      <input data-testid="username"><input data-testid="password" type="password">
      <button data-testid="sign-in">Sign in</button></section>"""
    parts.web.edit("index.html", "></main>", f">{drawn}</main>")
    parts.web.edit("main.js", "start(show);", "setTimeout(() => start(show), 1000);")
