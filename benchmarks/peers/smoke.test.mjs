// The 24 checks with Node's own test runner and fetch: node --test benchmarks/peers/smoke.test.mjs
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { describe, it } from "node:test";

const { BASE_URL, WEBHOOK_SECRET } = process.env;
const PASSWORD = "correct-horse-battery";
const stem = `peer_${randomBytes(4).toString("hex")}`;
const SNAPSHOT = "/entitlements/snapshot";
const ACCESS = "/hero/hero_1/cinematic/access";
const URL_OF = "/hero/hero_1/cinematic/url";
const ORDER = {
  product_id: "premium_cinematics_pack",
  entitlement_key: "PREMIUM_CINEMATICS_PACK",
  idempotency_key: "never-bought",
  platform: "ios",
  transaction_id: "never-bought",
};

async function call(method, path, { token, body, raw, headers = {} } = {}) {
  const sent = { ...headers };
  if (token !== undefined) sent.Authorization = `Bearer ${token}`;
  if (body !== undefined || raw !== undefined) sent["Content-Type"] = "application/json";
  const answer = await fetch(`${BASE_URL}/api${path}`, { method, headers: sent, body: raw ?? JSON.stringify(body) });
  const text = await answer.text();
  return {
    status: answer.status,
    get json() {
      return JSON.parse(text);
    },
  };
}

const get = (path, token) => call("GET", path, { token });
const post = (path, body, token) => call("POST", path, { body, token });
const webhook = (body, headers = { Authorization: WEBHOOK_SECRET }) =>
  call("POST", "/webhooks/revenuecat", { body, headers });
const register = (suffix) => post("/user/register", { username: `${stem}_${suffix}`, password: PASSWORD });
const signIn = () => post("/auth/login", { username: `${stem}_a`, password: PASSWORD });

function event(type, name, fields = {}) {
  const sent = {
    id: randomBytes(16).toString("hex"),
    type,
    app_user_id: name,
    product_id: "premium_cinematics_pack",
    entitlement_ids: ["premium_cinematics"],
    event_timestamp_ms: Date.now(),
    expiration_at_ms: null,
    transaction_id: randomBytes(8).toString("hex"),
  };
  return { api_version: "1.0", event: { ...sent, ...fields } };
}

// What several checks stand on is asked for once, and at once.
const player = register("a");
const buyer = register("c");
const token = player.then((answer) => answer.json.token);
const login = player.then(signIn);
const before = token.then((own) => get(SNAPSHOT, own));
const bought = buyer.then(async (registered) => {
  const own = registered.json.token;
  const body = event("NON_RENEWING_PURCHASE", `${stem}_c`);
  const delivered = await webhook(body);
  const [snapshot, access, url] = await Promise.all([get(SNAPSHOT, own), get(ACCESS, own), get(URL_OF, own)]);
  return { own, body, delivered, snapshot, access, url };
});
// A test that awaits one of them reports its error.
for (const shared of [player, buyer, token, login, before, bought]) shared.catch(() => {});

describe("smoke", { concurrency: true }, () => {
  it("health", async () => {
    const answer = await get("/health");
    assert.equal(answer.status, 200);
    assert.equal(answer.json.status, "healthy");
    assert.equal(answer.json.server_dev_mode, false);
  });
  it("features", async () => {
    const answer = await get("/v1/features");
    assert.equal(answer.status, 200);
    assert.equal(answer.json.flags.PURCHASES_ENABLED, true);
  });
  it("registration", async () => {
    const answer = await player;
    assert.ok([200, 201].includes(answer.status));
    assert.ok(answer.json.token);
    assert.equal(answer.json.user.username, `${stem}_a`);
  });
  it("taken name", async () => {
    await player;
    const answer = await post("/user/register", { username: `${stem}_a`.toUpperCase(), password: PASSWORD });
    assert.ok([400, 409].includes(answer.status));
  });
  it("bad registration", async () => {
    const bad = [["ab", PASSWORD], [`${stem}_b`, "12345"]];
    for (const answer of await Promise.all(bad.map(([username, password]) => post("/user/register", { username, password }))))
      assert.ok([400, 422].includes(answer.status));
  });
  it("login", async () => {
    const answer = await login;
    assert.equal(answer.status, 200);
    assert.ok(answer.json.token);
  });
  it("bad login", async () => {
    await player;
    const names = [`${stem}_a`, `${stem}_nobody`];
    for (const answer of await Promise.all(names.map((username) => post("/auth/login", { username, password: "wrong-password" }))))
      assert.equal(answer.status, 401);
  });
  it("verify", async () => {
    const answer = await get("/auth/verify", (await login).json.token);
    assert.equal(answer.status, 200);
    assert.equal(answer.json.valid, true);
  });
  it("logout", async () => {
    await player;
    const ended = (await signIn()).json.token;
    const answer = await post("/auth/logout", undefined, ended);
    const living = (await login).json.token;
    const after = await Promise.all([get("/auth/verify", ended), get("/auth/verify", living)]);
    assert.equal(answer.status, 200);
    assert.deepEqual(after.map((each) => each.status), [401, 200]);
  });
  it("no token", async () => {
    for (const answer of await Promise.all([get(SNAPSHOT), get(SNAPSHOT, "garbage")])) assert.equal(answer.status, 401);
  });
  it("tampered token", async () => {
    const own = await token;
    const tampered = own.slice(0, -8) + [...own.slice(-8)].reverse().join("");
    assert.equal((await get(SNAPSHOT, tampered)).status, 401);
  });
  it("snapshot", async () => {
    const answer = await before;
    assert.equal(answer.status, 200);
    assert.equal(answer.json.username, `${stem}_a`);
    assert.ok(answer.json.ttl_seconds >= 30 && answer.json.ttl_seconds <= 3600);
    assert.equal(answer.json.entitlements.PREMIUM.status, "not_owned");
  });
  it("closed gate", async () => {
    const own = await token;
    const [access, url] = await Promise.all([get(ACCESS, own), get(URL_OF, own)]);
    assert.deepEqual([access.status, url.status], [403, 403]);
    assert.ok(!("video_url" in url.json));
  });
  it("gate without token", async () => {
    assert.equal((await get(ACCESS)).status, 401);
  });
  it("claims", async () => {
    const own = await token;
    const tracks = ["free", "premium"];
    const calls = tracks.map((track) => post(`/battle-pass/${stem}_a/claim/${track}/1`, undefined, own));
    assert.deepEqual((await Promise.all(calls)).map((each) => each.status), [200, 403]);
  });
  it("foreign claim", async () => {
    const [own] = await Promise.all([token, buyer]);
    const answer = await post(`/battle-pass/${stem}_c/claim/free/1`, undefined, own);
    assert.ok([401, 403, 404].includes(answer.status));
  });
  it("forged webhooks", async () => {
    const body = event("NON_RENEWING_PURCHASE", `${stem}_nobody`);
    for (const answer of await Promise.all([webhook(body, {}), webhook(body, { Authorization: "wrong-secret" })]))
      assert.ok([401, 403].includes(answer.status));
  });
  it("dashboard test", async () => {
    const nothing = { entitlement_ids: null, transaction_id: null, product_id: "test_product" };
    assert.equal((await webhook(event("TEST", `${stem}_nobody`, nothing))).status, 200);
  });
  it("malformed webhook", async () => {
    const headers = { Authorization: WEBHOOK_SECRET };
    const answer = await call("POST", "/webhooks/revenuecat", { raw: '{"event": {', headers });
    assert.ok(answer.status >= 400 && answer.status < 500);
  });
  it("purchase opens", async () => {
    const { delivered, snapshot, access, url } = await bought;
    assert.equal(delivered.status, 200);
    assert.equal(snapshot.json.entitlements.PREMIUM_CINEMATICS_PACK.status, "owned");
    assert.deepEqual([access.status, url.status], [200, 200]);
    assert.ok(url.json.video_url);
  });
  it("duplicate counts once", async () => {
    const { own, body, snapshot } = await bought;
    const again = await webhook(body);
    const after = await get(SNAPSHOT, own);
    assert.equal(again.status, 200);
    assert.equal(after.json.version, snapshot.json.version);
  });
  it("unknown purchase", async () => {
    const [own, first] = await Promise.all([token, before]);
    const answer = await post("/purchases/verify", ORDER, own);
    const after = await get(SNAPSHOT, own);
    assert.ok([400, 401, 402, 403, 404, 409, 422].includes(answer.status) || answer.json.success === false);
    assert.equal(after.json.version, first.json.version);
  });
  it("purchase without token", async () => {
    assert.equal((await post("/purchases/verify", ORDER)).status, 401);
  });
  it("simulated purchases", async () => {
    const own = await token;
    const paths = ["/vip/purchase", "/store/purchase-crystals"];
    for (const answer of await Promise.all(paths.map((path) => post(path, {}, own)))) assert.equal(answer.status, 403);
  });
});
