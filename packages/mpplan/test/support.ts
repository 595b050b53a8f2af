// Runs the command, in this process or as the built program, and looks at what it left behind.
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll } from "vitest";
import pc from "picocolors";
import { main } from "../src/cli/main.js";

export const root = path.resolve(import.meta.dirname, "..", "..", "..");
export const models = path.join(root, "fixtures", "models");
export const tiny = path.join(models, "tiny", "model.onnx");
export const tinyLabels = path.join(models, "tiny", "samples", "labels-24.idx1-ubyte.gz");
const bin = path.join(root, "packages", "mpplan", "bin", "mpplan.js");

/** Flags that feed the networks on MNIST digits, as fixtures/models/paper-relu/README.md has them. */
export const digits = [
  ...["--data", path.join(models, "paper-relu", "samples", "images-1500.idx3-ubyte.gz")],
  ...["--labels", path.join(models, "paper-relu", "samples", "labels-1500.idx1-ubyte.gz")],
  ...["--scale", "1/255", "--mean", "0.1307", "--std", "0.3081"],
];

/** Flags that feed fashion-bn. */
export const clothes = [
  ...["--data", path.join(models, "fashion-bn", "samples", "images-600.idx3-ubyte.gz")],
  ...["--labels", path.join(models, "fashion-bn", "samples", "labels-600.idx1-ubyte.gz")],
  ...["--scale", "1/255", "--mean", "0.2860", "--std", "0.3530"],
];

export interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** The command in this process: sources, not the build. */
export async function mpplan(...argv: string[]): Promise<Outcome> {
  let [out, err] = ["", ""];
  const code = await main(argv, {
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    errIsTerminal: false,
    colors: pc.createColors(false),
    signal: new AbortController().signal,
    errStream: process.stderr,
  });
  return { code, out, err };
}

export interface Spawned {
  readonly done: Promise<Outcome>;
  /** When stderr has said this. */
  said(text: string): Promise<void>;
  kill(signal: NodeJS.Signals): void;
}

/** The built command, as users run it: fast, and with signals and pipes of its own. */
export function startBin(argv: readonly string[], cwd = root): Spawned {
  const child = spawn(process.execPath, [bin, ...argv], { cwd, stdio: ["ignore", "pipe", "pipe"] });
  let [out, err] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (err += text));
  const done = new Promise<Outcome>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, out, err }));
  });
  const said = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (err.includes(text)) resolve();
        else if (child.exitCode !== null) reject(new Error(`ended without saying "${text}":\n${err}`));
        else setTimeout(look, 20);
      };
      look();
    });
  return { done, said, kill: (signal) => void child.kill(signal) };
}

export function runBin(...argv: string[]): Promise<Outcome> {
  return startBin(argv).done;
}

const folders: string[] = [];
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

/** A folder of its own, removed when the tests of the file are done. */
export function scratch(): string {
  const folder = mkdtempSync(path.join(tmpdir(), "mpplan-test-"));
  folders.push(folder);
  return folder;
}

/** Every file of a folder with its bytes, to see that nothing changed. */
export function contentsOf(folder: string): Record<string, string> {
  const names = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(names.map(({ name }) => [name, readFileSync(path.join(folder, name), "latin1")]));
}

/** The three beats of an error message, by which it is recognised. */
export function beats(err: string): { what: string; where: string; next: string } {
  const match = /error: ([^]*?)\n {2}where: ([^]*?)\n {2}next: ([^]*)$/.exec(err);
  if (!match) throw new Error(`not an error in three beats:\n${err}`);
  return { what: match[1]!, where: match[2]!, next: match[3]!.trimEnd() };
}
