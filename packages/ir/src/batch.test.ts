import { expect, test } from "vitest";
import { slice, stack } from "./batch.js";
import { tensor, type Tensor } from "./types.js";

const row = (...x: number[]): Tensor => tensor("float32", [1, x.length], Float32Array.from(x));

test("samples are stacked along the first axis, input by input", () => {
  const both = stack([new Map([["x", row(1, 2)]]), new Map([["x", row(3, 4)]])]);
  expect(both.get("x")).toEqual(tensor("float32", [2, 2], Float32Array.of(1, 2, 3, 4)));
});

test("a slice of the stack is the sample again", () => {
  const samples = [row(1, 2), row(3, 4), row(5, 6)].map((t) => new Map([["x", t]]));
  const all = stack(samples).get("x")!;
  samples.forEach((sample, i) => expect(slice(all, i, 3)).toEqual(sample.get("x")));
});

test("integers of 64 bits are stacked too", () => {
  const t = (n: bigint): Map<string, Tensor> => new Map([["n", tensor("int64", [1], BigInt64Array.of(n))]]);
  expect(stack([t(1n), t(-(2n ** 62n))]).get("n")!.data).toEqual(BigInt64Array.of(1n, -(2n ** 62n)));
});

test("samples of different shapes are refused", () => {
  expect(() => stack([new Map([["x", row(1, 2)]]), new Map([["x", row(1)]])])).toThrow(/cannot be stacked/);
});
