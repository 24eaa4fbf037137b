// The screens of a player who is signed in.

import { call } from "./api.js";
import { config } from "./config.js";
import { button, element, notice, screen } from "./dom.js";
import { current, owns } from "./entitlements.js";
import { battlePass, cinematic, upgrade } from "./gates.js";
import { go, href } from "./router.js";
import { end, player } from "./session.js";
import { emit } from "./telemetry.js";

export function home() {
  current().catch(() => {});
  const heroes = config.heroes.map((hero) => link(`/hero/${hero}`, heroName(hero)));
  return screen("home", `Welcome, ${player()}`, element("h2", {}, "Your heroes"), element("nav", { class: "tiles" }, ...heroes));
}

export function hero(id) {
  const stage = element("div", { class: "stage" }, element("span", { class: "lock" }, "Cinematic"));
  const said = notice();
  const open = attempt(said, async () => {
    const video = await cinematic(id);
    if (video) stage.replaceChildren(element("video", { id: "cinematic-player", src: "data:,", controls: "", "aria-label": "Cinematic" }));
  });
  return screen("hero", heroName(id), stage, button("cinematic-gate", "Watch the cinematic", open), said);
}

export function pass() {
  const said = notice();
  const reward = element("div", {});
  const claim = attempt(said, async () => {
    const claimed = await battlePass();
    if (claimed) reward.replaceChildren(element("p", { id: "premium-reward", class: "reward" }, "Level 1 reward claimed"));
  });
  return screen("battle-pass", "Battle pass", element("p", { class: "lead" }, "Level 1 of 100"), button("battle-pass-gate", "Claim the premium reward", claim), reward, said);
}

export function profile() {
  const plan = element("p", { class: "lead" });
  const show = () => (plan.textContent = owns("PREMIUM") ? "You have Premium." : "You play for free.");
  current().then(show, () => {});
  show();
  return screen("profile", player(), plan, button("profile-gate", "Go Premium", upgrade), button("sign-out", "Sign out", signOut, "quiet"));
}

export function store() {
  emit("store_opened");
  return screen("store", "Store", element("p", { class: "lead" }, "Crystals and offerings."), link("/paid-features?source=store", "Premium products"));
}

export function bar() {
  const tabs = { "/": "Home", "/battle-pass": "Pass", "/store": "Store", "/profile": "Profile" };
  return element("nav", { class: "bar" }, ...Object.entries(tabs).map(([path, text]) => link(path, text)));
}

function link(path, text) {
  const onclick = (event) => {
    event.preventDefault();
    go(path);
  };
  return element("a", { href: href(path), onclick }, text);
}

function heroName(id) {
  return id.replace(/_/g, " ").replace(/^./, (letter) => letter.toUpperCase());
}

// A press of a button; whatever goes wrong is said, and the player stays signed in.
function attempt(said, work) {
  return async () => {
    said.textContent = "";
    try {
      await work();
    } catch (problem) {
      said.textContent = problem.message || "The server cannot be reached.";
    }
  };
}

async function signOut() {
  await call("POST", "/auth/logout").catch(() => {});
  end();
  go("/login");
}
