// The login, where new players can register as well.

import { call } from "./api.js";
import { element, notice } from "./dom.js";
import { current } from "./entitlements.js";
import { replace } from "./router.js";
import { begin } from "./session.js";

export function login() {
  const username = element("input", { id: "username", autocomplete: "username", autocapitalize: "none", placeholder: "Player name", required: "" });
  const password = element("input", { id: "password", type: "password", autocomplete: "current-password", placeholder: "Password", required: "" });
  const said = notice();
  const enter = (path) => signIn(path, username.value, password.value, said);
  const submit = element("button", { id: "sign-in", class: "primary" }, "Sign in");
  const register = element("button", { id: "register", type: "button", class: "quiet", onclick: () => enter("/user/register") }, "New here? Register");
  const form = element("form", { onsubmit: (event) => (event.preventDefault(), enter("/auth/login")) }, username, password, submit, register, said);
  return element("section", { id: "login-screen", class: "screen login" }, element("h1", {}, "Divine Heroes"), form);
}

async function signIn(path, username, password, said) {
  said.textContent = "";
  try {
    begin(await call("POST", path, { username, password }));
  } catch (problem) {
    said.textContent = problem.message || "The server cannot be reached.";
    return;
  }
  await current();
  replace("/");
}
