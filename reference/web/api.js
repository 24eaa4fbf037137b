// Calls of the backend. A 401 to a token ends the session; nothing else does.

import { config } from "./config.js";
import { refused, token } from "./session.js";

export class Refused extends Error {}
export class Offline extends Error {}

export class Failed extends Error {
  constructor(status, detail) {
    super(typeof detail === "string" ? detail : `The server answered ${status}`);
    this.status = status;
  }
}

export async function call(method, path, body) {
  const used = token();
  const answer = await send(method, path, body, used);
  if (answer.status === 401 && used) {
    refused(used);
    throw new Refused();
  }
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Failed(answer.status, said.detail);
  return said;
}

async function send(method, path, body, used) {
  const headers = { Accept: "application/json" };
  if (body) headers["Content-Type"] = "application/json";
  if (used) headers.Authorization = `Bearer ${used}`;
  try {
    return await fetch(config.api + path, { method, headers, body: body && JSON.stringify(body) });
  } catch {
    throw new Offline();
  }
}
