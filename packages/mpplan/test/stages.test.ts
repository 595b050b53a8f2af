// The road in stages gives what compileModel gives, and a calibration that is interrupted says how far it came.
import { readFileSync } from "node:fs";
import path from "node:path";
import { printDocument, split, tensor } from "@mpplan/ir";
import { expect, test } from "vitest";
import {
  calibrateModel,
  compileModel,
  InputError,
  openExecutor,
  openModel,
  openPlanner,
  randomSamples,
  toSamples,
  writeNpy,
} from "../src/index.js";

const bytes = readFileSync(path.resolve(import.meta.dirname, "../../../fixtures/models/tiny/model.onnx"));
const options = { samples: 8, evaluate: 4, seed: 3 };
const decision = { policy: "sensitivity", budget: { kind: "cost", value: 0.75 } } as const;

test("stages on one executor give the profile and the plan of compileModel, byte by byte", async () => {
  const model = openModel({ bytes, name: "tiny" });
  const samples = randomSamples(model.inputs, 12, 1);
  const { executor, gpu, dispose } = await openExecutor();
  expect(gpu).toBeNull();
  const graph = model.prepare(samples.at(0));
  const profile = await calibrateModel(graph, samples, { ...options, executor });
  const plan = await openPlanner({ graph, profile }, samples, { ...options, executor }).plan(decision);
  dispose();
  const whole = await compileModel(bytes, samples, { ...options, ...decision, name: "tiny" });
  expect(printDocument(profile)).toBe(printDocument(whole.profile));
  expect(printDocument(plan)).toBe(printDocument(whole.plan));
});

test("a calibration that is stopped has measured some samples, and goes on from there", async () => {
  const model = openModel({ bytes, name: "tiny" });
  const samples = randomSamples(model.inputs, 300, 1);
  const all = { seed: 3, samples: 256, evaluate: 16 };
  const graph = model.prepare(samples.at(0));
  const stop = new AbortController();
  const part = await calibrateModel(graph, samples, {
    ...all,
    signal: stop.signal,
    onProgress: () => stop.abort(),
  });
  const { build } = split(samples, { seed: 3, calibrate: 256, evaluate: 16 });
  expect(part.data.samples).toBeGreaterThan(0);
  expect(part.data.samples).toBeLessThan(build.count);
  const rest = await calibrateModel(graph, samples, { ...all, resume: part });
  expect(printDocument(rest)).toBe(printDocument(await calibrateModel(graph, samples, all)));
});

test("samples are read from bytes in any browser, and refused in three beats", () => {
  const { inputs } = openModel({ bytes, name: "tiny" });
  const [input] = inputs;
  const size = input!.type!.shape!.slice(1) as number[];
  const length = size.reduce((a, b) => a * b, 1);
  const file = writeNpy(tensor("float32", [2, ...size], new Float32Array(2 * length).fill(0.5)));
  const { samples } = toSamples([{ name: "x.npy", bytes: file }], inputs, { scale: 2 });
  expect(samples.count).toBe(2);
  expect(samples.at(1).get(input!.id)!.data[length - 1]).toBe(1);
  expect(() => toSamples([{ name: "x.txt", bytes: new Uint8Array([1, 2, 3]) }], inputs)).toThrow(InputError);
});
