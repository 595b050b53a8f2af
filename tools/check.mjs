// What `npm test` and CI run, in CI's order, stopping at the first step that fails:
//   node tools/check.mjs [--only types,lint,format,layers,tests] [arguments for vitest, such as -u or a file]
// Expects an installed and built workspace; tools/run.mjs sees to that. The last line counts the tests.
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";

const root = path.resolve(import.meta.dirname, "..");
const { scripts } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"));
const report = path.join(root, "node_modules", ".cache", "mpplan-tests.json");
const { only, vitestArguments } = readCommandLine(process.argv.slice(2));

const steps = {
  types: () => shell(scripts.types),
  lint: () => shell(scripts.lint),
  format: () => shell(scripts["format:check"]),
  layers: () => shell(scripts.layers),
  tests,
};
const unknown = only.filter((name) => !Object.hasOwn(steps, name));
if (unknown.length > 0) {
  console.error(
    `no step "${unknown[0]}"\n  where: --only\n  next: use some of: ${Object.keys(steps).join(", ")}`,
  );
  process.exit(2);
}

let counts;
for (const [name, step] of Object.entries(steps)) {
  if (only.length > 0 && !only.includes(name)) continue;
  console.log(`\n== ${name}`);
  const start = Date.now();
  const ok = step();
  console.log(`== ${name} ${ok ? "passed" : "failed"} in ${((Date.now() - start) / 1000).toFixed(1)} s`);
  if (!ok) {
    process.exitCode = 1;
    // A step that fails before the tests is one failure, so that the last line never looks clean.
    counts ??= { passed: 0, failed: 1, skipped: [] };
    break;
  }
}
if (counts) {
  const { passed, failed, skipped } = counts;
  if (skipped.length > 0) console.log(`\nSkipped:\n${skipped.map((name) => `  ${name}`).join("\n")}`);
  console.log(
    `\n${passed} passed, ${failed} failed${skipped.length > 0 ? `, ${skipped.length} skipped` : ""}`,
  );
}

function tests() {
  mkdirSync(path.dirname(report), { recursive: true });
  rmSync(report, { force: true });
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const ok = run("vitest", ["run", ...reporters, ...vitestArguments]);
  counts = readCounts();
  if (counts.passed + counts.failed === 0) {
    console.error("no test ran\n  where: vitest\n  next: see its output above; did the file names match?");
  }
  // Vitest also fails for what is no test: a file that does not load, an error outside of any test.
  if (counts.failed === 0 && (!ok || counts.passed === 0)) counts.failed = 1;
  return counts.failed === 0;
}

function readCounts() {
  const counts = { passed: 0, failed: 0, skipped: [] };
  let files;
  try {
    files = JSON.parse(readFileSync(report, "utf8")).testResults;
  } catch {
    return counts;
  }
  for (const file of files) {
    const states = file.assertionResults.map((test) => test.status);
    if (file.status === "failed" && !states.includes("failed")) counts.failed++;
    for (const test of file.assertionResults) {
      if (test.status === "passed") counts.passed++;
      else if (test.status === "failed") counts.failed++;
      else
        counts.skipped.push(
          `${path.relative(root, file.name)} > ${[...test.ancestorTitles, test.title].join(" > ")}`,
        );
    }
  }
  return counts;
}

function shell(command) {
  return run(command, [], true);
}

function run(command, args, shell = process.platform === "win32") {
  const env = {
    ...process.env,
    PATH: path.join(root, "node_modules", ".bin") + path.delimiter + process.env.PATH,
  };
  return spawnSync(command, args, { cwd: root, env, shell, stdio: "inherit" }).status === 0;
}

function readCommandLine(args) {
  const at = args.indexOf("--only");
  if (at < 0) return { only: [], vitestArguments: args };
  const only = (args[at + 1] ?? "").split(",");
  return { only, vitestArguments: args.toSpliced(at, 2) };
}
