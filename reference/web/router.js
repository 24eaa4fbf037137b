// Which screen is shown: by the path below the app, or by the hash.

import { config } from "./config.js";

const BASE = new URL(document.baseURI).pathname.replace(/\/$/, "");
let render = () => {};

// [path, query] of the present place.
export function place() {
  const text = config.routing === "hash" ? location.hash.slice(1) || "/" : location.pathname.slice(BASE.length) + location.search;
  const url = new URL(text || "/", location.origin);
  return [url.pathname, url.searchParams];
}

export function href(path) {
  return config.routing === "hash" ? `${BASE}/#${path}` : BASE + path;
}

export function go(path) {
  history.pushState(null, "", href(path));
  render();
}

export function replace(path) {
  history.replaceState(null, "", href(path));
  render();
}

export function start(show) {
  render = show;
  addEventListener("popstate", () => render());
  render();
}
