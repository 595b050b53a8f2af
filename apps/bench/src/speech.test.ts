// A real recurrent model on a real recording: every probability beside onnxruntime's, and a plan for its sums.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Plan } from "@mpplan/ir";
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
    speech = JSON.parse(
      run("--import", "tsx", "src/speech.ts", model!, sound!, path.join(folder, "frames.npz")),
    ) as Speech;
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
  });
});
