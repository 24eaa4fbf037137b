// The player's session: one token, in local storage, dropped the moment the server refuses it.

import { emit } from "./telemetry.js";
import { replace } from "./router.js";

const TOKEN = "dh.token";
const PLAYER = "dh.player";
const atTheEnd = [];

export const token = () => localStorage.getItem(TOKEN);
export const player = () => localStorage.getItem(PLAYER);

export function begin(signedIn) {
  localStorage.setItem(PLAYER, signedIn.user.username);
  localStorage.setItem(TOKEN, signedIn.token);
}

export function onEnd(work) {
  atTheEnd.push(work);
}

export function end() {
  localStorage.removeItem(TOKEN);
  localStorage.removeItem(PLAYER);
  atTheEnd.forEach((work) => work());
}

// Several calls under way may be refused; one forced logout is enough.
export function refused(used) {
  if (used === token()) {
    end();
    emit("force_logout_401");
  }
  showLogin();
}

function showLogin() {
  if (!token()) replace("/login");
}

// Another tab has ended the session.
addEventListener("storage", (event) => {
  if (event.key === TOKEN && !event.newValue) showLogin();
});
