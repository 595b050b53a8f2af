// The two front-door commands, for a machine that has only git, Node and npm:
//   npm run demo    npm test
// Installs what the lock file names (once), builds, then runs the job.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const manifest = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"));
const stamp = path.join(root, "node_modules", ".cache", "mpplan-setup");
const env = {
  ...process.env,
  PATH: path.join(root, "node_modules", ".bin") + path.delimiter + process.env.PATH,
  TURBO_TELEMETRY_DISABLED: "1",
  DO_NOT_TRACK: "1",
};

const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  fail(
    `Node ${process.versions.node} is too old`,
    "this machine",
    "install Node 20.19 or newer, then run the same command",
  );
}

const job = process.argv[2];
const jobs = {
  setup: () => setup(),
  demo: () => (setup(), run(process.execPath, ["tools/demo.mjs", ...process.argv.slice(3)])),
  test: () => (setup(), run(process.execPath, ["tools/check.mjs", ...process.argv.slice(3)])),
};
if (!Object.hasOwn(jobs, job))
  fail(`no job "${job}"`, "tools/run.mjs", `use one of: ${Object.keys(jobs).join(", ")}`);
jobs[job]();

function setup() {
  const lock = createHash("sha256")
    .update(readFileSync(path.join(root, "pnpm-lock.yaml")))
    .digest("hex");
  if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== lock) {
    console.error("Installing the packages that pnpm-lock.yaml names ...");
    run("npx", ["--yes", manifest.packageManager, "install", "--frozen-lockfile", "--reporter=silent"]);
    mkdirSync(path.dirname(stamp), { recursive: true });
    writeFileSync(stamp, lock);
  }
  console.error("Building ...");
  run("turbo", ["run", "build", "--output-logs=errors-only"], { quiet: true });
}

function run(command, args, { quiet = false } = {}) {
  const done = spawnSync(command, args, {
    cwd: root,
    env,
    stdio: quiet ? ["ignore", "pipe", "pipe"] : "inherit",
    shell: process.platform === "win32",
  });
  if (done.status !== 0) {
    if (quiet) process.stderr.write(`${done.stdout ?? ""}${done.stderr ?? ""}`);
    process.exit(done.status ?? 1);
  }
}

function fail(what, where, next) {
  console.error(`${what}\n  where: ${where}\n  next: ${next}`);
  process.exit(2);
}
