// Premium gates: what is owned opens, what is not leads to the paywall.

import { call, Failed } from "./api.js";
import { current, owns } from "./entitlements.js";
import { go } from "./router.js";
import { player } from "./session.js";
import { emit } from "./telemetry.js";

export async function cinematic(hero) {
  await current();
  if (!owns("PREMIUM_CINEMATICS_PACK") && !owns(`PREMIUM_CINEMATIC_OWNED:${hero}`)) return deny("cinematic_gate");
  return ask("cinematic_gate", () => call("GET", `/hero/${hero}/cinematic/url`));
}

export async function battlePass() {
  await current();
  if (!owns("PREMIUM")) return deny("battle_pass");
  return ask("battle_pass", () => call("POST", `/battle-pass/${player()}/claim/premium/1`));
}

export function upgrade() {
  openPaywall("profile");
}

// What the gate gave; null where it is closed after all.
async function ask(source, request) {
  try {
    return await request();
  } catch (problem) {
    if (problem instanceof Failed && problem.status === 403) return deny(source);
    throw problem;
  }
}

function deny(source) {
  emit("premium_gate_denied", { source });
  openPaywall(source);
  return null;
}

function openPaywall(source) {
  go(`/paid-features?source=${source}`);
}
