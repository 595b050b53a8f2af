import { expect, test } from "vitest";
import { randomSamples } from "./random-samples.js";
import type { InputSpec } from "./pieces.js";

const inputs: InputSpec[] = [
  { id: "x", type: { elem: "float32", shape: ["N", 1000] } },
  { id: "ids", type: { elem: "int64", shape: [1, 50] } },
];

test("random samples are marked, seeded, and the same whatever the count", () => {
  const a = randomSamples(inputs, 10, 1);
  const b = randomSamples(inputs, 3, 1);
  expect([a.count, a.random, a.label(0)]).toEqual([10, true, null]);
  expect(a.at(2)).toEqual(b.at(2));
  expect(a.at(2)).not.toEqual(a.at(1));
  expect(a.at(2)).not.toEqual(randomSamples(inputs, 10, 2).at(2));
});

test("floats are standard normal, integers 0 or 1", () => {
  const sample = randomSamples(inputs, 1, 7).at(0);
  const x = sample.get("x")!;
  expect(x.dims).toEqual([1, 1000]);
  const numbers = [...(x.data as Float32Array)];
  const mean = numbers.reduce((sum, v) => sum + v, 0) / 1000;
  const variance = numbers.reduce((sum, v) => sum + (v - mean) ** 2, 0) / 999;
  // Five standard errors: 5 / sqrt(1000), and 5 sqrt(2 / 1000).
  expect(Math.abs(mean)).toBeLessThan(0.16);
  expect(Math.abs(variance - 1)).toBeLessThan(0.23);
  expect(new Set(sample.get("ids")!.data as BigInt64Array)).toEqual(new Set([0n, 1n]));
});

test("open dims other than the batch are refused", () => {
  const open: InputSpec = { id: "x", type: { elem: "float32", shape: ["N", 3, "H", "W"] } };
  expect(() => randomSamples([open], 1, 1)).toThrow(/"x" is float32\[N, 3, H, W\]/);
});
