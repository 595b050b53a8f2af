// Measures what reading a model costs: peak memory over its size and processor seconds per megabyte, each in a process of its
// own. `pnpm bench:import [--json]`; it reads the built packages.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import Table from "cli-table3";
import { writeModel, type Storage } from "./import-models.js";

interface Run {
  /** The most memory that the process ever held, in bytes. */
  readonly peak: number;
  /** Processor time, which other work on the machine lengthens less than the clock. */
  readonly seconds: number;
}

interface Row extends Run {
  readonly model: string;
  readonly megabytes: number;
  /** Peak above that of a process which loads the same code and no model, over the model's size. */
  readonly ratio: number;
}

/** The most that a model of 100 MB in raw_data or beside it may take, as a multiple of its size. */
const ceiling = 2.5;

const contenders: readonly (readonly [Storage, number])[] = [
  ["raw_data", 1],
  ["raw_data", 10],
  ["raw_data", 100],
  ["external", 100],
  ["float_data", 10],
  ["float_data", 100],
];

const folder = mkdtempSync(path.join(tmpdir(), "mpplan-import-"));
try {
  const idle = importIn(null);
  const rows = contenders.map(([storage, megabytes]): Row => {
    const { path: file, bytes } = writeModel(folder, megabytes, storage);
    const run = importIn(file);
    return { ...run, model: storage, megabytes: bytes / 1e6, ratio: (run.peak - idle.peak) / bytes };
  });
  report(idle, rows);
} finally {
  rmSync(folder, { recursive: true });
}

/** Imports a model by its path as a program would, or only loads the code. */
function importIn(file: string | null): Run {
  const program = `
    const { InferenceSession } = await import("mpplan");
    const before = process.cpuUsage();
    const session = ${file === null ? "null" : `await InferenceSession.create(${JSON.stringify(file)})`};
    const { user, system } = process.cpuUsage(before);
    const seconds = (user + system) / 1e6;
    console.log(JSON.stringify({ peak: process.resourceUsage().maxRSS * 1024, seconds, held: session !== null }));`;
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", program], {
    cwd: import.meta.dirname,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`the import of ${file} failed:\n${stderr}`);
  return JSON.parse(stdout) as Run;
}

function report(idle: Run, rows: readonly Row[]): void {
  if (process.argv.includes("--json")) return console.log(JSON.stringify({ idle: idle.peak, ceiling, rows }));
  const table = new Table({
    head: ["weights in", "MB", "peak MB", "over its size", "", "CPU s", "ms per MB"],
    style: { head: [], border: [] },
  });
  for (const { model, megabytes, peak, ratio, seconds } of rows) {
    const held = megabytes < 50 || model === "float_data" ? "" : ratio <= ceiling ? "met" : "MISSED";
    table.push([
      model,
      megabytes.toFixed(1),
      (peak / 1e6).toFixed(0),
      ratio.toFixed(2),
      held,
      seconds.toFixed(3),
      ((seconds * 1000) / megabytes).toFixed(1),
    ]);
  }
  console.log(
    `The process without a model takes ${(idle.peak / 1e6).toFixed(0)} MB, which is subtracted; at most ${ceiling} times the size from 100 MB on.\n${table.toString()}`,
  );
}
