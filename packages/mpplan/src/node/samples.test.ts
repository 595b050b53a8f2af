import { tensor } from "@mpplan/ir";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { InputError } from "../data/errors.js";
import { writeNpy } from "../data/npy.js";
import type { InputSpec } from "../data/pieces.js";
import { loadSamples, type LoadOptions } from "./samples.js";

const fixtures = new URL("../../../../fixtures/models/", import.meta.url).pathname;
const tiny = join(fixtures, "tiny");
const inputs: InputSpec[] = [{ id: "input", type: { elem: "float32", shape: ["N", 49] } }];

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "mpplan-samples-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function refusal(options: LoadOptions): string {
  try {
    loadSamples(options);
  } catch (error) {
    if (error instanceof InputError) return `${error.code}${error.usage ? " (usage)" : ""}: ${error.message}`;
    throw error;
  }
  return "read";
}

/** A scalar int32 TensorProto: data_type 6, int32_data [value]. */
const proto = (value: number, name = ""): Uint8Array =>
  Uint8Array.of(8, 1, 16, 6, 0x2a, 1, value, ...(name ? [0x42, name.length, ...Buffer.from(name)] : []));

function addSet(parent: string, index: number, files: Record<string, Uint8Array>): void {
  const set = join(parent, `test_data_set_${index}`);
  mkdirSync(set);
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(set, name), bytes);
}

const values = (options: LoadOptions, id: string): number[] => {
  const { samples } = loadSamples(options);
  return Array.from({ length: samples.count }, (_, i) => Number(samples.at(i).get(id)!.data[0]));
};
const scalar = (id: string): InputSpec => ({ id, type: { elem: "int32", shape: ["N"] } });

test("the test data sets beside a model are found, with a note", () => {
  const labels = join(tiny, "samples", "labels-24.idx1-ubyte.gz");
  const { samples, notes } = loadSamples({ modelPath: join(tiny, "model.onnx"), inputs, labels });
  expect(notes).toEqual(["no --data was given: the 24 folders test_data_set_* beside the model are used"]);
  expect([samples.count, samples.at(23).get("input")!.dims]).toEqual([24, [1, 49]]);
  // The first digits of MNIST's test images.
  expect([0, 1, 2, 3, 4].map((i) => samples.label(i))).toEqual([7, 2, 1, 0, 4]);
});

test("images of MNIST are read as the flags of a fixture say", () => {
  const data = join(fixtures, "paper-relu", "samples");
  const { samples, notes } = loadSamples({
    data: [join(data, "images-1500.idx3-ubyte.gz")],
    labels: join(data, "labels-1500.idx1-ubyte.gz"),
    modelPath: "model.onnx",
    inputs: [{ id: "input", type: { elem: "float32", shape: ["N", 784] } }],
    scale: 1 / 255,
    mean: 0.1307,
    std: 0.3081,
  });
  const x = samples.at(0).get("input")!;
  expect([samples.count, x.elem, x.dims, samples.label(0)]).toEqual([1500, "float32", [1, 784], 7]);
  expect(x.data[0]).toBe(Math.fround(-0.1307 / 0.3081));
  expect(notes).toEqual(['"input": each sample of dims [28, 28] is reshaped to [1, 784]']);
});

test("folders follow in the order of their numbers: 2 before 10", () => {
  for (const index of [10, 0, 2])
    addSet(folder, index, { "input_0.pb": proto(index), "output_0.pb": proto(99) });
  const modelPath = join(folder, "model.onnx");
  expect(values({ modelPath, inputs: [scalar("x")] }, "x")).toEqual([0, 2, 10]);
  expect(values({ data: [folder], modelPath: "m.onnx", inputs: [scalar("x")] }, "x")).toEqual([0, 2, 10]);
  const one = join(folder, "test_data_set_2");
  expect(values({ data: [one], modelPath: "m.onnx", inputs: [scalar("x")] }, "x")).toEqual([2]);
  expect(
    values({ data: [join(one, "input_0.pb")], modelPath: "m.onnx", inputs: [scalar("x")] }, "x"),
  ).toEqual([2]);
});

test("several inputs are matched by name, else by number", () => {
  const both = [scalar("a"), scalar("b")];
  addSet(folder, 0, { "input_0.pb": proto(1), "input_1.pb": proto(2) });
  addSet(folder, 1, { "input_0.pb": proto(3, "b"), "input_1.pb": proto(4, "a") });
  const options = { modelPath: join(folder, "model.onnx"), inputs: both };
  expect([values(options, "a"), values(options, "b")]).toEqual([
    [1, 4],
    [2, 3],
  ]);
  expect(refusal({ ...options, inputs: [scalar("a")] })).toMatch(
    /^wrong-shape: .*input_0\.pb, input_1\.pb, but the model has 1 input: "a"/,
  );
  expect(refusal({ ...options, inputs: [...both, scalar("c")] })).toMatch(/3 inputs/);
});

test("a damaged tensor is refused with its file", () => {
  addSet(folder, 0, { "input_0.pb": proto(1).subarray(0, 6) });
  expect(refusal({ modelPath: join(folder, "model.onnx"), inputs: [scalar("x")] })).toMatch(
    /^bad-data: [^]*input_0\.pb/,
  );
});

test("without data the error shows how to give it", () => {
  const message = refusal({ modelPath: join(folder, "model.onnx"), inputs });
  expect(message).toMatch(/^no-data \(usage\)/);
  expect(message.match(/mpplan compile model\.onnx --data/g)).toHaveLength(3);
  expect(message).toContain('"input"');
});

test("what --data names must be there and hold samples", () => {
  const options = (path: string): LoadOptions => ({ data: [path], modelPath: "m.onnx", inputs });
  expect(refusal(options(join(folder, "x.npy")))).toMatch(/^not-found \(usage\)/);
  expect(refusal(options(folder))).toMatch(/^bad-data: The folder holds neither/);
  writeFileSync(join(folder, "x.npy"), writeNpy(tensor("float32", [3, 49], new Float32Array(147))));
  expect(refusal(options(join(folder, "x.npy")))).toBe("read");
});

test("random data is loud, and refuses what it would ignore", () => {
  const options: LoadOptions = { modelPath: "m.onnx", inputs, randomData: { count: 5, seed: 1 } };
  const { samples, notes } = loadSamples(options);
  expect([samples.count, samples.random, notes.length]).toEqual([5, true, 1]);
  expect(notes[0]).toMatch(/^RANDOM DATA/);
  expect(refusal({ ...options, data: ["x.npy"] })).toMatch(/^bad-option \(usage\)/);
  expect(refusal({ ...options, labels: "y.npy" })).toMatch(/^bad-option/);
  expect(refusal({ ...options, scale: 2 })).toMatch(/^bad-option/);
});
