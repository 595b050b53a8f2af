import {
  parseProfile,
  printDocument,
  shard,
  type Dim,
  type Graph,
  type Profile,
  type Samples,
} from "@mpplan/ir";
import { createExecutor, createReferenceBackend } from "@mpplan/runtime";
import { expect, test } from "vitest";
import { GraphBuilder, lowHigh, mlp, randomSamples, randomTensor } from "../../ir/src/testing.js";
import { calibrate, mergeProfiles } from "./calibrate.js";
import { ValueCounter } from "./value-statistics.js";

const executor = createExecutor(createReferenceBackend());

function profileOf(graph: Graph, samples: Samples): Promise<Profile> {
  const tool = { name: "mpplan", version: "0.0.0" };
  return calibrate(graph, samples, { executor, accumulators: lowHigh, tool, seed: 1 });
}

/** LayerNormalization, Gemm, Softmax: from `x` [batch, 6]. */
function normed(batch: Dim = "N"): Graph {
  const b = new GraphBuilder();
  const scale = b.constant("scale", randomTensor([6], 1));
  const x = b.node("LayerNormalization", [b.input("x", [batch, 6]), scale], {}, "norm");
  const fc = b.node("Gemm", [x, b.constant("w", randomTensor([6, 4], 2))], {}, "fc");
  return b.build(b.node("Softmax", [fc], {}, "p"));
}

test("a profile tells how large value sums grow, and how much of them cancels", async () => {
  const graph = normed();
  const samples = randomSamples(normed(1), 5);
  const { valueSums } = await profileOf(graph, samples);
  expect(valueSums!.map(({ site, op, length, sameSign }) => [site, op, length, sameSign])).toEqual([
    ["norm", "LayerNormalization", 6, true],
    ["p", "Softmax", 4, true],
  ]);
  const lines = Array.from({ length: 5 }, (_, i) => Array.from(samples.at(i).get("x")!.data as Float32Array));
  const sum = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0);
  const prefixes = lines.flatMap((line) => line.map((_, i) => Math.abs(sum(line.slice(0, i + 1)))));
  const [mean, variance] = valueSums![0]!.neurons;
  expect(mean).toMatchObject({ count: 5, nonFinite: 0, peak: Math.max(...prefixes) });
  expect(mean!.sum[0]).toBeCloseTo(sum(lines.map((line) => Math.abs(sum(line)))), 12);
  expect(mean!.magnitude[0]).toBeCloseTo(sum(lines.map((line) => sum(line.map(Math.abs)))), 12);
  expect(mean!.sum[0]!).toBeLessThan(mean!.magnitude[0]!);
  // Of squares nothing cancels.
  expect(variance!.sum).toEqual(variance!.magnitude);
});

test("shards add up to the whole, byte for byte, through text", async () => {
  const graph = normed();
  const samples = randomSamples(normed(1), 7);
  const whole = printDocument(await profileOf(graph, samples));
  // One sample at a time comes to the same.
  expect(printDocument(await profileOf(normed(1), samples))).toBe(whole);
  const parts = await Promise.all([0, 1, 2].map((i) => profileOf(graph, shard(samples, i, 3))));
  const read = parts.map((part) => parseProfile(printDocument(part), "part.json"));
  expect(printDocument(mergeProfiles([read[2]!, read[0]!, read[1]!]))).toBe(whole);
});

test("a model without value sums has no word of them", async () => {
  const graph = mlp([4, 3]);
  expect(await profileOf(graph, randomSamples(graph, 2))).not.toHaveProperty("valueSums");
});

test("sums that are not finite are counted apart", () => {
  const counter = new ValueCounter();
  const measured = {
    neurons: new Int32Array(4),
    sum: Float64Array.of(1, NaN, Infinity, -3),
    magnitude: Float64Array.of(2, NaN, Infinity, 3),
    peak: Float64Array.of(2, NaN, Infinity, 3),
  };
  for (let i = 0; i < 4; i++) counter.add(measured, i);
  expect(counter.toJSON()).toEqual({ count: 4, nonFinite: 2, peak: 3, sum: [4], magnitude: [5] });
});
