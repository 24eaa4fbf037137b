// The app: which screen belongs to which place, who may see it, and what happens when the player comes back.

import { current } from "./entitlements.js";
import { login } from "./login.js";
import { paywall } from "./paywall.js";
import { place, replace, start } from "./router.js";
import { bar, hero, home, pass, profile, store } from "./screens.js";
import { token } from "./session.js";

const SCREENS = [
  [/^\/$/, () => home()],
  [/^\/hero\/([\w-]+)$/, (query, id) => hero(id)],
  [/^\/battle-pass$/, () => pass()],
  [/^\/profile$/, () => profile()],
  [/^\/store$/, () => store()],
  [/^\/paid-features$/, (query) => paywall(query)],
];

function show() {
  const [path, query] = place();
  if (!mayShow(path)) return replace("/login");
  if (path === "/login") return token() ? replace("/") : draw(login());
  for (const [pattern, make] of SCREENS) {
    const found = path.match(pattern);
    if (found) return draw(make(query, ...found.slice(1)), bar());
  }
  return replace("/");
}

function mayShow(path) {
  return path === "/login" || token() !== null;
}

function draw(...elements) {
  document.getElementById("app").replaceChildren(...elements);
}

// Back from the background: what the player owns may have changed meanwhile.
function resumed() {
  if (document.visibilityState === "visible" && token()) current().catch(() => {});
}

document.addEventListener("visibilitychange", resumed);
if (token()) current().catch(() => {});
start(show);
