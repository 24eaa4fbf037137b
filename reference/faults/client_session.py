"""Faults of the web client: the session, and the start of the app."""

from typing import Any

from reference.app import Parts
from reference.changing import put
from reference.choices import fault

ITEM = "auth.force-logout"

REFUSED = """    refused(used);
    throw new Refused();"""
DROP = "  localStorage.removeItem(TOKEN);\n"
REPORT = 'emit("force_logout_401");'


@fault("client.401-ignored", ITEM)
def ignored(parts: Parts) -> None:
    """The web client takes a 401 for any other failure."""
    parts.web.edit("api.js", "    refused(used);\n", "")


@fault("client.401-shows-the-store", ITEM)
def shows_the_store(parts: Parts) -> None:
    """The web client drops a refused token, and shows the store."""
    parts.web.edit("session.js", 'replace("/login")', 'replace("/store")')
    parts.web.edit("main.js", "|| token() !== null", '|| path === "/store" || token() !== null')


@fault("client.500-logs-out", ITEM)
def logs_out_on_500(parts: Parts) -> None:
    """The web client logs a player out when the server fails."""
    parts.web.edit("api.js", "answer.status === 401", "(answer.status === 401 || answer.status >= 500)")


@fault("client.403-logs-out", ITEM)
def logs_out_on_403(parts: Parts) -> None:
    """The web client takes what is forbidden for a refused token."""
    parts.web.edit("api.js", "answer.status === 401", "[401, 403].includes(answer.status)")


@fault("client.offline-logs-out", ITEM)
def logs_out_offline(parts: Parts) -> None:
    """The web client logs a player out who has no network."""
    parts.web.edit("api.js", "    throw new Offline();", "    refused(used);\n    throw new Offline();")


@fault("client.500-drops-the-token", ITEM)
def drops_the_token(parts: Parts) -> None:
    """The web client loses the token when the server fails, and shows it at the next start only."""
    edit = 'if (answer.status >= 500) localStorage.removeItem("dh.token");\n  const said'
    parts.web.edit("api.js", "const said", edit)


@fault("client.401-asked-again", ITEM)
def asked_again(parts: Parts) -> None:
    """The web client goes on asking with the refused token."""
    again = "    setTimeout(() => send(method, path, body, used), 1000);\n    refused(used);\n"
    parts.web.edit("api.js", "    refused(used);\n", again)


@fault("client.token-kept", ITEM)
def kept(parts: Parts) -> None:
    """The web client shows the login, and keeps the refused token."""
    parts.web.edit("session.js", DROP, "")
    parts.web.edit("session.js", "if (!token()) replace", "replace")
    parts.web.edit("main.js", 'return token() ? replace("/") : draw(login())', "return draw(login())")


@fault("client.token-copied", ITEM)
def copied(parts: Parts) -> None:
    """The web client keeps a second copy of the token, and forgets to drop that one."""
    keep = "localStorage.setItem(TOKEN, signedIn.token);"
    copy = 'sessionStorage.setItem("api", `Bearer ${signedIn.token}`);'
    parts.web.edit("session.js", keep, f"{keep}\n  {copy}")


@fault("client.token-copied-to-a-database", ITEM)
def copied_to_a_database(parts: Parts) -> None:
    """The web client keeps a second copy of the token in a database of the browser, and forgets to drop that one."""
    keep = "localStorage.setItem(TOKEN, signedIn.token);"
    parts.web.edit("session.js", keep, f"{keep}\n  copy(signedIn);")
    parts.web.files["session.js"] += COPY


COPY = """
function copy(signedIn) {
  const asked = indexedDB.open("session");
  asked.onupgradeneeded = () => asked.result.createObjectStore("kept");
  asked.onsuccess = () => asked.result.transaction("kept", "readwrite").objectStore("kept").put({ signedIn }, "api");
}
"""


@fault("client.logout-unreported", ITEM)
def unreported(parts: Parts) -> None:
    """The web client logs out on a 401 without saying so."""
    parts.web.edit("session.js", REPORT, "")


@fault("client.logout-reported-twice", ITEM)
def reported_twice(parts: Parts) -> None:
    """The web client reports a forced logout twice."""
    parts.web.edit("session.js", REPORT, REPORT * 2)


@fault("client.logout-reported-as-chosen", ITEM)
def reported_as_chosen(parts: Parts) -> None:
    """The web client reports a forced logout as one that the player chose."""
    parts.web.edit("session.js", "force_logout_401", "logout")


@fault("client.back-shows-the-screen", ITEM)
def back_shows_the_screen(parts: Parts) -> None:
    """The web client shows a protected screen again when a logged-out player goes back."""
    parts.web.edit("session.js", 'replace("/login")', 'go("/login")')
    parts.web.edit("session.js", "import { replace }", "import { go }")
    parts.web.edit("main.js", "|| token() !== null", "|| path !== '/'")


@fault("client.other-tab-stays", ITEM)
def other_tab_stays(parts: Parts) -> None:
    """The web client keeps the token in each tab, and logs out in the one that is refused first only."""
    holding = "let held = localStorage.getItem(TOKEN);\nexport const token = () => held;"
    parts.web.edit("session.js", "export const token = () => localStorage.getItem(TOKEN);", holding)
    parts.web.edit("session.js", "(TOKEN, signedIn.token);", "(TOKEN, (held = signedIn.token));")
    parts.web.edit("session.js", DROP, f"{DROP}  held = null;\n")
    parts.web.edit("session.js", "if (used === token())", "if (used === localStorage.getItem(TOKEN))")
    parts.web.edit("session.js", "!event.newValue", "event.newValue === undefined")


@fault("client.other-tab-restores-the-token", ITEM)
def other_tab_restores(parts: Parts) -> None:
    """The web client writes a dropped token back from another tab."""
    restore = "localStorage.setItem(TOKEN, event.oldValue)"
    parts.web.edit("session.js", "!event.newValue) showLogin()", f"!event.newValue) {restore}")


@fault("client.configuration-incomplete", ITEM)
def configuration_incomplete(parts: Parts) -> None:
    """The web client is deployed without one value of its configuration, and shows a white screen."""
    whole = parts.web.config

    def config() -> dict[str, Any]:
        return {key: value for key, value in whole().items() if key != "offering"}

    put(parts.web, config=config)


@fault("client.error-at-start", ITEM)
def error_at_start(parts: Parts) -> None:
    """The web client starts with an uncaught error."""
    parts.web.edit("main.js", "start(show);", "start(show);\nPromise.reject(new Error('no analytics'));")


@fault("client.file-missing", ITEM)
def file_missing(parts: Parts) -> None:
    """The web client asks for a file that was not deployed."""
    parts.web.edit("index.html", "<body>", '<body><img src="logo.png" alt="">')


@fault("client.call-fails-at-start", ITEM)
def call_fails_at_start(parts: Parts) -> None:
    """The web client calls a route at its start that the backend does not have."""
    parts.web.edit("main.js", "start(show);", 'start(show);\nfetch(document.baseURI + "news.json");')
