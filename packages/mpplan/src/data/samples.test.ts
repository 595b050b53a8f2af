import { tensor, type Dim, type ElementType, type TensorData } from "@mpplan/ir";
import { expect, test } from "vitest";
import { InputError } from "./errors.js";
import { writeNpy } from "./npy.js";
import { writeNpz } from "./npz.js";
import type { InputSpec } from "./pieces.js";
import { toSamples, type SampleOptions } from "./samples.js";
import type { DataFile } from "./recognize.js";

const spec = (id: string, elem: ElementType, shape: Dim[] | null): InputSpec => ({
  id,
  type: { elem, shape },
});
const npy = (elem: ElementType, dims: number[], data: TensorData, name = "x.npy"): DataFile => ({
  name,
  bytes: writeNpy(tensor(elem, dims, data)),
});
const floats = (dims: number[], numbers: number[], name?: string): DataFile =>
  npy("float32", dims, Float32Array.from(numbers), name);
const input = spec("input", "float32", ["N", 2]);

function refusal(files: DataFile[], inputs: InputSpec[], options?: SampleOptions): string {
  try {
    toSamples(files, inputs, options);
  } catch (error) {
    if (error instanceof InputError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return "read";
}

test("a leading axis counts samples, and files follow one another", () => {
  const files = [floats([2, 2], [1, 2, 3, 4]), floats([1, 2], [5, 6], "y.npy")];
  const { samples, notes } = toSamples(files, [input]);
  expect([samples.count, samples.random, samples.label(0)]).toEqual([3, false, null]);
  expect([0, 1, 2].map((i) => samples.at(i).get("input"))).toEqual(
    [
      [1, 2],
      [3, 4],
      [5, 6],
    ].map((row) => tensor("float32", [1, 2], Float32Array.from(row))),
  );
  expect(notes).toEqual([]);
  expect(() => samples.at(3)).toThrow(RangeError);
});

test("a sample is a copy: writing to it changes nothing", () => {
  const { samples } = toSamples([floats([1, 2], [1, 2])], [input]);
  (samples.at(0).get("input")!.data as Float32Array).fill(9);
  expect(samples.at(0).get("input")!.data).toEqual(Float32Array.of(1, 2));
});

test("preprocessing is computed in binary64 and rounded once", () => {
  const file = npy("uint8", [1, 2], Uint8Array.of(7, 255));
  const { samples, notes } = toSamples([file], [input], { scale: 1 / 255, mean: 0.1307, std: 0.3081 });
  const expected = Float32Array.of((7 * (1 / 255) - 0.1307) / 0.3081, (255 * (1 / 255) - 0.1307) / 0.3081);
  expect(samples.at(0).get("input")!.data).toEqual(expected);
  expect(notes).toEqual([]);
});

test("conversions and reshaping are told, once each", () => {
  const file = (name: string): DataFile => npy("float64", [2, 1, 1, 2], Float64Array.of(0.1, 2, 3, 4), name);
  const { samples, notes } = toSamples([file("a.npy"), file("b.npy")], [input]);
  expect(samples.at(2).get("input")!.data).toEqual(Float32Array.of(0.1, 2));
  expect(notes).toEqual([
    '"input": each sample of dims [1, 1, 2] is reshaped to [1, 2]',
    '"input": float64 numbers are rounded to float32',
  ]);
  const raw = toSamples([npy("uint8", [1, 2], Uint8Array.of(1, 2))], [input]);
  expect(raw.notes).toEqual([expect.stringMatching(/uint8 numbers are converted to float32, unscaled/)]);
});

test("integers are widened, and narrowed where every number fits", () => {
  const ids = spec("ids", "int64", ["N", 2]);
  const wide = toSamples([npy("int32", [1, 2], Int32Array.of(-1, 7))], [ids]).samples;
  expect(wide.at(0).get("ids")).toEqual(tensor("int64", [1, 2], BigInt64Array.of(-1n, 7n)));
  const narrow = spec("ids", "int32", ["N", 2]);
  const fits = npy("int64", [1, 2], BigInt64Array.of(-(2n ** 31n), 7n));
  expect(toSamples([fits], [narrow]).samples.at(0).get("ids")!.data).toEqual(Int32Array.of(-(2 ** 31), 7));
});

test("conversions that lose something are refused", () => {
  const ids = spec("ids", "int32", ["N", 2]);
  expect(refusal([npy("int64", [1, 2], BigInt64Array.of(1n, 2n ** 31n))], [ids])).toMatch(
    /^wrong-shape: The int64 number 2147483648 does not fit the type int32[^]*sample 0 .*position \[0, 1\]/,
  );
  expect(refusal([floats([1, 2], [1, 2])], [ids])).toMatch(/takes int32, and the array holds float32/);
  const big = npy("int32", [1, 2], Int32Array.of(2 ** 24 + 1, 0));
  expect(refusal([big], [input])).toMatch(/16777217 does not fit the type float32/);
  expect(refusal([big], [input], { scale: 0.5 })).toBe("read");
  expect(refusal([npy("int64", [1, 2], BigInt64Array.of(2n ** 60n, 1n))], [input], { scale: 0.5 })).toMatch(
    /does not fit/,
  );
});

test("a NaN or an infinity is refused with its place", () => {
  expect(refusal([floats([2, 2], [1, 2, 3, NaN], "bad.npy")], [input])).toMatch(
    /^not-finite: There is a NaN in the samples\n {2}where: bad\.npy, sample 1 \(counted from 0\), position \[0, 1\]/,
  );
  expect(refusal([floats([1, 2], [-Infinity, 2])], [input])).toMatch(/infinity/);
  expect(refusal([npy("float64", [1, 2], Float64Array.of(1, 1e300))], [input])).toMatch(
    /1e\+300 becomes infinite, as float32/,
  );
  expect(refusal([floats([1, 2], [1, 2])], [input], { scale: 1e300 })).toMatch(/after --scale/);
  expect(refusal([npy("uint8", [1, 2], Uint8Array.of(0, 1))], [input], { scale: 1e300 })).toMatch(
    /1 becomes infinite/,
  );
});

test("a misfit names both shapes", () => {
  expect(refusal([floats([4, 3], Array(12).fill(0) as number[])], [input])).toMatch(
    /^wrong-shape: .*the input "input" is float32\[N, 2\], the array is float32\[4, 3\]/,
  );
});

test("a .npz is keyed by input name, for any number of inputs", () => {
  const a = tensor("float32", [2, 2], Float32Array.of(1, 2, 3, 4));
  const b = tensor("int64", [2, 1], BigInt64Array.of(5n, 6n));
  const inputs = [spec("a", "float32", ["N", 2]), spec("b", "int64", ["N", 1])];
  const npz = (arrays: Record<string, typeof a>, name = "x.npz"): DataFile => ({
    name,
    bytes: writeNpz(new Map(Object.entries(arrays))),
  });
  const labels = tensor("uint8", [2], Uint8Array.of(1, 0));
  const { samples } = toSamples([npz({ b, a, labels })], inputs);
  expect([...samples.at(1)].map(([id, t]) => [id, ...t.data])).toEqual([
    ["a", 3, 4],
    ["b", 6n],
  ]);
  expect([samples.label(0), samples.label(1)]).toEqual([1, 0]);

  expect(refusal([npz({ a, b, c: a })], inputs)).toMatch(/no input "c"; its inputs are "a", "b"/);
  expect(refusal([npz({ a })], inputs)).toMatch(/no array for "b"/);
  expect(refusal([npz({ a, b: tensor("int64", [1, 1], BigInt64Array.of(5n)) })], inputs)).toMatch(
    /"a" has 2, "b" has 1/,
  );
  expect(refusal([floats([1, 2], [1, 2])], inputs)).toMatch(/has 2 inputs: "a", "b"/);
  expect(refusal([npz({ a, b, labels }), npz({ a, b }, "y.npz")], inputs)).toMatch(
    /^bad-labels: .*no labels.*x\.npz/,
  );
  expect(
    refusal([npz({ a, b, labels })], inputs, { labels: npy("uint8", [2], Uint8Array.of(1, 0)) }),
  ).toMatch(/twice/);
  expect(refusal([npz({ a, b })], [...inputs, spec("labels", "uint8", ["N"])])).toMatch(
    /no array for "labels"/,
  );
  expect(refusal([npz({ a, b })], [inputs[0]!, spec("b", "float32", ["N", 1])], { scale: 2 })).toMatch(
    /^bad-option/,
  );
});

test("labels may be any integers, or floats that are whole; one per sample", () => {
  const files = [floats([2, 2], [1, 2, 3, 4])];
  const label = (file: DataFile): (number | null)[] => {
    const { samples } = toSamples(files, [input], { labels: file });
    return [samples.label(0), samples.label(1)];
  };
  expect(label(npy("int64", [2], BigInt64Array.of(3n, 1n)))).toEqual([3, 1]);
  expect(label(npy("float32", [2, 1], Float32Array.of(3, 1)))).toEqual([3, 1]);
  expect(label({ name: "l", bytes: Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 2, 9, 0) })).toEqual([9, 0]);
  const bad = (elem: ElementType, dims: number[], data: TensorData): string =>
    refusal(files, [input], { labels: npy(elem, dims, data, "l.npy") });
  expect(bad("uint8", [3], Uint8Array.of(1, 2, 3))).toMatch(/^bad-labels: There are 3 labels for 2 samples/);
  expect(bad("float32", [2], Float32Array.of(0.5, 1))).toMatch(/Label 0 is 0\.5, which is no class/);
  expect(bad("float32", [2], Float32Array.of(0, NaN))).toMatch(/Label 1 is NaN/);
  expect(bad("int8", [2], Int8Array.of(0, -1))).toMatch(/Label 1 is -1/);
  expect(bad("int64", [2], BigInt64Array.of(2n ** 40n, 0n))).toMatch(/^bad-labels/);
  expect(bad("uint8", [2, 3], new Uint8Array(6))).toMatch(/one-hot/);
});

test("an input of unknown rank takes every array as one sample, and says so", () => {
  const { samples, notes } = toSamples(
    [floats([3, 2], [1, 2, 3, 4, 5, 6])],
    [spec("input", "float32", null)],
  );
  expect(samples.at(0).get("input")!.dims).toEqual([3, 2]);
  expect(notes).toEqual([expect.stringMatching(/does not tell the shape/)]);
});

test("an input of unknown type takes the type of the file", () => {
  const file = npy("uint8", [1, 2], Uint8Array.of(4, 5));
  expect(
    toSamples([file], [{ id: "x", type: null }])
      .samples.at(0)
      .get("x")!.elem,
  ).toBe("uint8");
  expect(
    toSamples([file], [{ id: "x", type: null }], { scale: 0.5 })
      .samples.at(0)
      .get("x"),
  ).toEqual(tensor("float32", [1, 2], Float32Array.of(2, 2.5)));
});
