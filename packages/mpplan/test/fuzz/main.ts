// pnpm fuzz: damages models for as long as wanted, in a process of its own that a hang does not survive.
//   pnpm fuzz [--minutes 10 | --mutants 5000] [--seed 1] [--only <number>]
// Every finding is a seed and a number; `--only` tries that one again, and writes its file.
import { spawn } from "node:child_process";
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { repositoryRoot } from "../../../../tools/workspace.js";
import { readCorpus } from "./corpus.js";
import { mutant } from "./mutate.js";
import { tryModel } from "./try-model.js";

const { values: flags } = parseArgs({
  options: {
    minutes: { type: "string" },
    mutants: { type: "string" },
    seed: { type: "string", default: "1" },
    only: { type: "string" },
    /** For the process that does the work: the file in which it keeps the number that it is at. */
    at: { type: "string" },
  },
});

/** Processor seconds that one mutant may take, and wall seconds after which the process is killed. */
const mostSeconds = 2;
const patienceSeconds = 60;
/** Memory of the process: models are small, so that more would be a leak, or a size that was believed. */
const mostBytes = 2 ** 30;

const seed = Number(flags.seed);
process.exitCode = flags.at === undefined && flags.only === undefined ? await supervise() : await work();

/** Starts the work, and ends it where it hangs. */
async function supervise(): Promise<number> {
  const folder = mkdtempSync(path.join(tmpdir(), "mpplan-fuzz-"));
  const place = path.join(folder, "at");
  writeFileSync(place, "");
  const child = spawn(
    process.execPath,
    [
      ...["--max-old-space-size=512", "--conditions=@mpplan/source", "--import", "tsx"],
      ...[fileURLToPath(import.meta.url), ...process.argv.slice(2), "--at", place],
    ],
    { stdio: "inherit", cwd: repositoryRoot },
  );
  let [last, since] = ["", Date.now()];
  const watch = setInterval(() => {
    const now = readFileSync(place, "utf8");
    if (now !== last) [last, since] = [now, Date.now()];
    else if (Date.now() - since > 1000 * patienceSeconds) child.kill("SIGKILL");
  }, 1000);
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  clearInterval(watch);
  const number = readFileSync(place, "utf8").trim();
  rmSync(folder, { recursive: true });
  if (code !== 0 && code !== 1) {
    console.log(`The process ended at mutant ${number}: pnpm fuzz --seed ${seed} --only ${number}`);
  }
  return code === 0 ? 0 : 1;
}

async function work(): Promise<number> {
  const corpus = readCorpus();
  const wholes = corpus.map(({ bytes }) => bytes);
  // Every code that may come out is documented, and that list is made from the sources.
  const table = readFileSync(path.join(repositoryRoot, "docs", "errors.md"), "utf8");
  const codes = new Set([...table.matchAll(/^\| `([\w-]+)`/gm)].map((match) => match[1]!));
  for (const { name, bytes } of corpus) {
    const whole = await tryModel(bytes, codes, true);
    // Some of the shared models use what is not supported: they are worth damaging all the same.
    if ("finding" in whole) throw new Error(`${name} is not well before any damage: ${whole.finding}`);
  }
  if (flags.only !== undefined) {
    const bytes = mutant(wholes, seed, Number(flags.only));
    const file = path.join(tmpdir(), `mutant-${seed}-${flags.only}.onnx`);
    writeFileSync(file, bytes);
    console.log(file, await tryModel(bytes, codes, true));
    return 0;
  }

  const place = openSync(flags.at!, "r+");
  const mutants = Number(flags.mutants ?? Infinity);
  const until = flags.mutants ? Infinity : Date.now() + 60_000 * Number(flags.minutes ?? 1);
  const ends = new Map<string, number>();
  const findings: string[] = [];
  let slowest = 0;
  let index = 0;
  for (; index < mutants && Date.now() < until && findings.length < 10; index++) {
    writeSync(place, String(index).padEnd(12), 0);
    const before = process.cpuUsage();
    const outcome = await tryModel(mutant(wholes, seed, index), codes, index % 4 === 0);
    const { user, system } = process.cpuUsage(before);
    const seconds = (user + system) / 1e6;
    slowest = Math.max(slowest, seconds);
    const end = "end" in outcome ? outcome.end : "finding";
    ends.set(end, (ends.get(end) ?? 0) + 1);
    if ("finding" in outcome) findings.push(`mutant ${index}: ${outcome.finding}`);
    if (seconds > mostSeconds) findings.push(`mutant ${index} took ${seconds.toFixed(1)} s (${end})`);
  }
  const peakBytes = process.resourceUsage().maxRSS * 1024;
  if (peakBytes > mostBytes) findings.push(`the process held ${(peakBytes / 2 ** 20).toFixed(0)} MiB`);
  const summary = {
    seed,
    mutants: index,
    corpus: corpus.length,
    slowest,
    peakBytes,
    ends: Object.fromEntries([...ends].sort(([, a], [, b]) => b - a)),
  };
  console.log(JSON.stringify(summary));
  for (const finding of findings) console.log(finding);
  if (findings.length > 0) console.log(`Try one again: pnpm fuzz --seed ${seed} --only <number>`);
  return findings.length > 0 ? 1 : 0;
}
