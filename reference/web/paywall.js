// The paywall, and the purchases that begin there.

import { call } from "./api.js";
import { config } from "./config.js";
import { button, element, notice, screen } from "./dom.js";
import { refresh } from "./entitlements.js";
import { emit } from "./telemetry.js";

const DEDUPLICATED_MS = 1500;
let opened = { source: null, at: -Infinity };

export function paywall(query) {
  const source = query.get("source") ?? "direct";
  const said = notice();
  const list = element("ul", { class: "products" });
  reportOpening(source);
  offering().then((products) => list.append(...products.map((product) => card(product, source, said))), () => {
    said.textContent = "The products cannot be shown without a connection.";
  });
  return screen("paywall", "Premium", element("p", { class: "lead" }, "Everything the gods keep for themselves."), list, said);
}

function reportOpening(source) {
  const at = Date.now();
  if (opened.source === source && at - opened.at < DEDUPLICATED_MS) return;
  opened = { source, at };
  emit("paywall_opened", { source });
}

export async function offering() {
  const answer = await fetch(config.offering);
  return (await answer.json()).products;
}

function card(product, source, said) {
  return element(
    "li",
    { id: "product", class: "card" },
    element("span", { id: "product-title", class: "title" }, product.title),
    element("span", { id: "product-price", class: "price" }, price(product)),
    button("buy", "Buy", () => buy(product, source, said)),
  );
}

function price(product) {
  const amount = new Intl.NumberFormat("en-US", { style: "currency", currency: product.currency }).format(product.cents / 100);
  return product.duration === "P1M" ? `${amount} / month` : amount;
}

async function buy(product, source, said) {
  emit("purchase_attempt", { source, product: product.id });
  said.textContent = "One moment...";
  try {
    // A store would hand out a receipt here; without one the server refuses.
    const order = { product_id: product.id, entitlement_key: product.key, idempotency_key: crypto.randomUUID(), platform: "web" };
    await call("POST", "/purchases/verify", order);
    emit("purchase_success", { source, product: product.id });
    await refresh();
    said.textContent = "It is yours.";
  } catch (problem) {
    said.textContent = problem.message || "That did not work. Please try again.";
  }
}
