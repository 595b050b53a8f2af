// A real recurrent model on a real recording: every probability beside onnxruntime's, and a plan for its sums.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Plan, Tensor } from "@mpplan/ir";
import { writeNpz } from "../../../packages/mpplan/src/data/npz.js";
import { repositoryRoot } from "../../../tools/workspace.js";
import { sharedData } from "../../../tools/shared-data.js";
import type { Speech } from "./speech.js";

const model = sharedData("models", "silero_vad_16k_op15.onnx");
const sound = sharedData("models", "silero_test.wav");
const bin = path.join(repositoryRoot, "packages", "mpplan", "bin", "mpplan.js");

function run(...argv: string[]): string {
  const cwd = path.join(repositoryRoot, "apps", "bench");
  const { status, stdout, stderr } = spawnSync(process.execPath, argv, {
    cwd,
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  expect(status, stderr).toBe(0);
  return stdout;
}

describe.skipIf(model === null || sound === null)("silero, 60 seconds of speech", () => {
  let folder = "";
  let speech: Speech;
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), "mpplan-speech-"));
    speech = JSON.parse(run("--import", "tsx", "src/speech.ts", model!, sound!, folder)) as Speech;
    const read = (name: string, ...dims: number[]): Tensor => {
      const bytes = readFileSync(path.join(folder, name));
      const data = new Float32Array(Uint8Array.from(bytes).buffer);
      return { elem: "float32", dims: [data.length / dims.reduce((a, b) => a * b), ...dims], data };
    };
    const [input, state] = [read("input.f32", 1, 576), read("state.f32", 2, 1, 128)];
    const count = input.dims[0]!;
    const sr: Tensor = { elem: "int64", dims: [count], data: new BigInt64Array(count).fill(16000n) };
    writeFileSync(path.join(folder, "frames.npz"), writeNpz(new Map(Object.entries({ input, state, sr }))));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("has the probability that onnxruntime gives, frame by frame, its state carried", () => {
    expect(speech.frames).toBe(1875);
    // Binary64 against binary32, over 1875 steps of the state.
    expect(speech.worst).toBeLessThan(1e-4);
    expect(speech.speech).toBe(speech.speechByOrt);
    expect(speech.speech).toBeGreaterThan(500);
  });

  test("is planned whole: the transform, the encoder, every gate, the last sum", () => {
    const file = path.join(folder, "plan.json");
    const data = ["--data", path.join(folder, "frames.npz"), "--samples", "64", "--evaluate", "32"];
    const out = run(bin, "compile", model!, ...data, "-o", file);
    expect(out).not.toContain("not planned");
    const plan = JSON.parse(readFileSync(file, "utf8")) as Plan;
    expect(plan.decisions.map(({ site }) => site)).toEqual([
      "/model/stft/Conv",
      ...[0, 1, 2, 3].map((i) => `/model/encoder/${i}/reparam_conv/Conv`),
      ...["input", "forget", "cell", "output"].map((gate) => `/model/decoder/rnn/LSTM/t0/${gate}`),
      "/model/decoder/decoder/2/Conv",
    ]);
    // Sites that are no nodes of the file, since the gates are in an LSTM in a branch, are told beside them.
    const annotated = run(bin, "annotate", model!, "--plan", file, "-o", path.join(folder, "annotated.onnx"));
    expect(annotated).toContain("6 nodes annotated, and 4 sites of no single node in the model's metadata");
  });
});
