// The whole road by the built command, as a user runs it: seconds of compile and compare, start-up included.
import { spawnSync } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../../..");
const samples = path.join(root, "fixtures/models/paper-relu/samples");
const settings = [
  ["--data", path.join(samples, "images-1500.idx3-ubyte.gz")],
  ["--scale", "1/255"],
  ["--mean", "0.1307"],
  ["--std", "0.3081"],
  ["--samples", "512"],
].flat();

/** Seconds of one run of a verb on the paper's ReLU network, 1,500 digits, on that many threads. */
export function secondsOf(verb: "compile" | "compare", threads: number): number {
  const start = performance.now();
  const bin = path.join(root, "packages/mpplan/bin/mpplan.js");
  const model = path.join(root, "fixtures/models/paper-relu/model.onnx");
  const flags = [...settings, "--threads", String(threads), "--json", "-q"];
  const { status, stderr } = spawnSync(process.execPath, [bin, verb, model, ...flags], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  if (status !== 0) throw new Error(`mpplan ${verb} failed:\n${String(stderr)}`);
  return (performance.now() - start) / 1000;
}
