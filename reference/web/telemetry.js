// What happened, for statistics: a name and where it happened, never who it happened to.

import { config } from "./config.js";

export function emit(event, properties = {}) {
  send({ event, ...properties });
}

function send(record) {
  const body = JSON.stringify(record);
  // keepalive: what is sent last must survive a page that is left.
  fetch(config.telemetry, { method: "POST", headers: { "Content-Type": "application/json" }, body, keepalive: true }).catch(() => {});
}
