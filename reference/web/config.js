// What this deployment says of itself, asked for once before anything else is imported.

const WANTED = ["api", "heroes", "offering", "telemetry", "routing"];

export const config = await load();

async function load() {
  const answer = await fetch("config.json");
  const found = await answer.json();
  const missing = WANTED.filter((key) => found[key] === undefined);
  if (missing.length) throw new Error(`the configuration lacks ${missing.join(", ")}`);
  return found;
}
