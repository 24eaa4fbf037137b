// Renders reports/<environment>/allure-results as the one page reports/<environment>/allure-report/index.html, and
// keeps the history of the environment beside it: node reporting/render.mjs <environment> [<folder of reports>]
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const REMEMBERED = 10; // runs: each adds about a megabyte to the page
const [environment, reports = "reports"] = process.argv.slice(2);
const folder = resolve(reports, environment ?? "");
const results = join(folder, "allure-results");
const history = join(folder, "history.jsonl");
const output = join(folder, "allure-report");

const read = (name, missing) => {
  const path = join(results, name);
  return existsSync(path) ? readFileSync(path, "utf8") : missing;
};

/** Removes what an earlier rendering of the same run noted: it is no second run. */
const forget = (names) => {
  if (!existsSync(history)) return;
  const { uuid } = JSON.parse(read(names[0]));
  const id = createHash("md5").update(uuid).digest("hex"); // as Allure notes it
  const lines = readFileSync(history, "utf8").split("\n").filter(Boolean);
  const others = lines.filter((line) => !line.includes(`"id":"${id}"`));
  if (others.length < lines.length) writeFileSync(history, others.map((line) => `${line}\n`).join(""));
};

const settings = (output) => ({
  name: title(),
  output,
  environment,
  historyPath: history,
  historyLimit: REMEMBERED,
  // Allure 3 does not apply the file that lies with the results.
  categories: { rules: JSON.parse(read("categories.json", "[]")) },
  hideLabels: ["framework", "host", "language", "package", "parentSuite", "suite", "thread"],
  plugins: {
    awesome: {
      options: {
        singleFile: true,
        groupBy: ["feature", "story"], // the epic is the environment, above them
        defaultSortBy: "status,asc",
      },
    },
  },
});

/** The decision first: Allure's own percentage is none. */
const title = () => {
  const decision = /^verdict=([A-Z-]+):/m.exec(read("environment.properties", ""))?.[1];
  return [decision, environment].filter(Boolean).join(": ");
};

/** The page without the tag that tells its maker of every reader; throws where anything else is loaded. */
const alone = (page) => {
  const tag = /<script async src="https:\/\/www\.googletagmanager\.com\/[^"]*"><\/script>\s*<script>.*?<\/script>/s;
  const kept = page.replace(tag, "");
  // What stands in scripts is not loaded by the page, and data.
  const markup = kept.replace(/(<script\b[^>]*>).*?<\/script>/gs, "$1");
  const loads = /(?:\b(?:src|href)\s*=\s*["']?|url\(\s*["']?|@import\s*["'])\s*(?:https?:)?\/\/[^"'\s)>]*/gi;
  const loaded = markup.match(loads);
  if (loaded || kept.includes("googletagmanager")) {
    throw new Error(`the page would load from elsewhere: ${loaded ?? "googletagmanager"}`);
  }
  return kept;
};

const render = (scratch) => {
  const names = existsSync(results) ? readdirSync(results).filter((name) => name.endsWith("-result.json")) : [];
  if (names.length === 0) {
    throw new Error(`no results in ${results}; run: pytest --env=${environment} --alluredir=${results}`);
  }
  forget(names);
  const config = join(scratch, "allurerc.json");
  writeFileSync(config, JSON.stringify(settings(join(scratch, "out"))));
  const allure = fileURLToPath(new URL("node_modules/allure/cli.js", import.meta.url));
  const command = [allure, "generate", "--config", config, results];
  const { status } = spawnSync(process.execPath, command, { stdio: "inherit" });
  if (status !== 0) throw new Error(`allure generate ended with ${status}`);
  const page = alone(readFileSync(join(scratch, "out", "index.html"), "utf8"));
  mkdirSync(output, { recursive: true });
  // Beside it first: a reader sees the old page or the new one.
  writeFileSync(join(output, ".index.html"), page);
  renameSync(join(output, ".index.html"), join(output, "index.html"));
  return `${join(output, "index.html")} (${names.length} results, history in ${history})`;
};

const scratch = mkdtempSync(join(tmpdir(), "allure-"));
try {
  if (!environment) throw new Error("no environment; write: make report ENV=<name>");
  console.log(render(scratch));
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
