// What the player owns: the last snapshot, good for its ttl, kept in local storage.

import { call, Refused } from "./api.js";
import { onEnd } from "./session.js";

const SNAPSHOT = "dh.snapshot";
let underway = null;

onEnd(() => localStorage.removeItem(SNAPSHOT));

// One that is fresh enough, asked for if need be; the last one known where nobody can be asked.
export async function current() {
  if (isStale()) {
    try {
      await refresh();
    } catch (problem) {
      if (problem instanceof Refused) throw problem;
    }
  }
  return cached();
}

// One request at a time: who asks meanwhile gets the same answer.
export function refresh() {
  underway ??= load().finally(() => (underway = null));
  return underway;
}

async function load() {
  const snapshot = await call("GET", "/entitlements/snapshot");
  localStorage.setItem(SNAPSHOT, JSON.stringify({ snapshot, at: Date.now() }));
}

export function owns(key) {
  const entry = cached()?.snapshot.entitlements[key];
  return entry?.status === "owned" && (!entry.expires_at || Date.parse(entry.expires_at) > serverNow());
}

function isStale() {
  const kept = cached();
  return !kept || elapsed(kept) < 0 || elapsed(kept) > ttl(kept.snapshot);
}

// Milliseconds, as the server says within reason.
function ttl(snapshot) {
  return 1000 * Math.min(3600, Math.max(30, snapshot.ttl_seconds));
}

function cached() {
  const text = localStorage.getItem(SNAPSHOT);
  return text && JSON.parse(text);
}

// How long ago the snapshot came: of this device's clock only the difference counts.
function elapsed(kept) {
  return Date.now() - kept.at;
}

function serverNow() {
  const kept = cached();
  return Date.parse(kept.snapshot.server_time) + elapsed(kept);
}
