import {
  activationNamed,
  parseProfile,
  permutation,
  printDocument,
  quantile,
  relu,
  shard,
  subset,
  tanh,
  type Activation,
  type Graph,
  type LogHistogram,
  type Profile,
  type Samples,
} from "@mpplan/ir";
import { createExecutor, createReferenceBackend, type SiteMeasurement } from "@mpplan/runtime";
import { describe, expect, test } from "vitest";
import {
  convNet,
  GraphBuilder,
  lowHigh,
  mlp,
  randomNumbers,
  randomSamples,
  tensorOf,
} from "../../ir/src/testing.js";
import { calibrate, mergeProfiles, type CalibrateOptions } from "./calibrate.js";
import { ExactAdder } from "./exact-sum.js";
import { NeuronCounter } from "./statistics.js";

const tool = { name: "mpplan", version: "0.0.0" };
const executor = createExecutor(createReferenceBackend());
const accumulators = lowHigh;
const seed = 1;

function profileOf(graph: Graph, samples: Samples, rest: Partial<CalibrateOptions> = {}): Promise<Profile> {
  return calibrate(graph, samples, { executor, accumulators, tool, seed, ...rest });
}

/** Some 300 components of one neuron in one low accumulator, hard cases among them. */
function measurement(seed: number): SiteMeasurement {
  const n = 300;
  const draw = (k: number): Float64Array => Float64Array.from(randomNumbers(n, seed * 10 + k, 3));
  const v = draw(1);
  v.set([0, 1e-300, -2, NaN, Infinity, 1e200], 0);
  const magnitude = v.map((x, i) => Math.abs(x) + Math.abs(draw(2)[i]!));
  const value = v.map((x, i) => x + 0.1 * draw(3)[i]!);
  value.set([NaN, Infinity], 10);
  const low = {
    value,
    peak: magnitude.map((x, i) => (i === 20 ? Infinity : x)),
    clipped: Uint8Array.from({ length: n }, (_, i) => (i % 50 === 0 ? 1 : 0)),
    partialSquared: draw(5).map(Math.abs),
    ulpSquared: draw(6).map(Math.abs),
  };
  low.partialSquared[30] = Infinity;
  return { neurons: new Int32Array(n), v, magnitude, low: [low] };
}

const naive = (xs: readonly number[]): number => xs.reduce((sum, x) => sum + x, 0);

/** Histograms count what they should: compared by the number of values per kind and by quantiles. */
function expectHistogram(h: LogHistogram, values: readonly number[]): void {
  expect(h.zeros).toBe(values.filter((x) => x === 0).length);
  expect(h.infinite).toBe(values.filter((x) => Math.abs(x) === Infinity).length);
  const logs = values.map((x) => Math.log2(Math.abs(x))).sort((a, b) => a - b);
  for (const q of [0.1, 0.5, 0.9]) {
    const [got, exact] = [quantile(h, q), logs[Math.floor(q * logs.length)]!];
    // Half a rank and a bin of log2(9/8).
    if (Number.isFinite(exact)) expect(Math.abs(got - exact)).toBeLessThan(0.25);
    else expect(got).toBe(exact);
  }
}

describe.each<[string, Activation, Activation]>([
  ["ReLU", relu, relu],
  ["tanh", tanh, tanh],
  ["a last layer in a ReLU network", activationNamed("identity")!, relu],
])("a neuron's statistics, %s", (_, phi, kappaPhi) => {
  const m = measurement(1);
  const weights = randomNumbers(300, 77, 2).map((x) => x * x);
  const counter = new NeuronCounter(phi, kappaPhi, 1);
  for (let i = 0; i < m.v.length; i++) counter.add(m, i, weights[i]!);
  const s = counter.toJSON();
  const finite = [...m.v.keys()].filter((i) => Math.abs(m.v[i]!) < 1e150);
  const of = (f: (v: number, a: number, i: number) => number): number[] =>
    finite.map((i) => f(m.v[i]!, m.magnitude[i]!, i));

  test("count what was seen, what is dead, and what cannot be squared", () => {
    expect([s.count, s.nonFinite, finite.length]).toEqual([300, 3, 297]);
    expect(s.dead).toBe(of((v) => phi.derivative(v)).filter((d) => d === 0).length);
  });

  test("hold the moments, exactly: the nearest double is that of a plain sum to its rounding", () => {
    const expected = {
      v: of((v) => v),
      vSquared: of((v) => v * v),
      magnitude: of((_, a) => a),
      magnitudeSquared: of((_, a) => a * a),
      magnitudeSlopeSquared: of((v, a) => (a * phi.derivative(v)) ** 2),
    };
    for (const [key, list] of Object.entries(expected)) {
      const got = s[key as keyof typeof expected];
      const tolerance = 300 * 2 ** -53 * naive(list.map(Math.abs));
      expect(Math.abs((got[0] ?? 0) - naive(list)), key).toBeLessThanOrEqual(tolerance);
      const sum = new ExactAdder();
      list.forEach((x) => sum.add(x));
      expect(got, key).toEqual(sum.expansion());
    }
  });

  test("hold the three condition numbers; v = 0 is as sensitive as can be", () => {
    const kappaV = of((v, a) => (v === 0 ? Infinity : a / Math.abs(v)));
    expectHistogram(s.kappaV, kappaV);
    const product = of((v, a) =>
      phi.kappa(v) === 0 ? 0 : phi.kappa(v) * (v === 0 ? Infinity : a / Math.abs(v)),
    );
    expectHistogram(s.kappaPhiKappaV, product);
    expectHistogram(
      s.kappaPrime,
      of((v) => (v === 0 ? Infinity : kappaPhi.kappa(v) / Math.abs(v))),
    );
  });

  test("hold the low format's errors, over components where all of them are finite", () => {
    const [low] = m.low;
    const [got] = s.rungs;
    const error = (i: number): number => phi.value(low!.value[i]!) - phi.value(m.v[i]!);
    const kept = finite.filter((i) => Number.isFinite(error(i)) && i !== 30);
    expect(got!.clipped).toBe(finite.filter((i) => low!.clipped[i] === 1).length);
    expect(got!.peak).toBe(Math.max(...finite.map((i) => low!.peak[i]!).filter(Number.isFinite)));
    const slope = (i: number): number => phi.derivative(m.v[i]!) ** 2;
    const near = (xs: number[], sum: readonly number[]): void => {
      expect(Math.abs((sum[0] ?? 0) - naive(xs))).toBeLessThanOrEqual(300 * 2 ** -53 * naive(xs));
    };
    near(
      kept.map((i) => error(i) ** 2),
      got!.errorSquared,
    );
    near(
      kept.map((i) => low!.partialSquared[i]! * slope(i)),
      got!.partialSquared,
    );
    near(
      kept.map((i) => low!.ulpSquared[i]! * slope(i)),
      got!.ulpSquared,
    );
  });
});

describe("the profile of given samples is the same bytes", () => {
  const graph = convNet();
  // Large enough that some sums clip.
  const samples = randomSamples(graph, 16, 7, 200);

  test("in one run, in another order, and from 8 shards merged in any order", async () => {
    const profile = await profileOf(graph, samples);
    const clipped = profile.sites.flatMap((s) => s.neurons.map((n) => n.rungs[0]!.clipped));
    expect(Math.max(...clipped)).toBeGreaterThan(16);
    const whole = printDocument(profile);
    expect(printDocument(await profileOf(graph, subset(samples, permutation(16, 3))))).toBe(whole);
    const shards = await Promise.all(
      Array.from({ length: 8 }, (_, i) => profileOf(graph, shard(samples, i, 8))),
    );
    expect(printDocument(mergeProfiles(shards))).toBe(whole);
    expect(printDocument(mergeProfiles(permutation(8, 5).map((i) => shards[i]!)))).toBe(whole);
    expect(
      printDocument(mergeProfiles([mergeProfiles(shards.slice(0, 3)), mergeProfiles(shards.slice(3))])),
    ).toBe(whole);
    const other = printDocument(await profileOf(graph, randomSamples(graph, 16, 8)));
    expect(other).not.toBe(whole);
  });

  test("through its own text", async () => {
    const profile = await profileOf(graph, shard(samples, 0, 8));
    const read = parseProfile(printDocument(profile), "p");
    const rest = await profileOf(graph, shard(samples, 1, 8));
    expect(printDocument(mergeProfiles([read, rest]))).toBe(printDocument(mergeProfiles([profile, rest])));
  });
});

describe("calibrate", () => {
  test("says what it measured, of which model, on what", async () => {
    const graph = mlp([4, 6, 3]);
    const profile = await profileOf(graph, { ...randomSamples(graph, 5), random: true });
    expect(profile).toMatchObject({
      model: { name: "tiny", digest: graph.digest },
      data: { samples: 5, random: true },
      operands: graph.operands,
      accumulators,
    });
    expect(
      profile.sites.map((s) => [
        s.site,
        s.op,
        s.length,
        s.macs,
        s.activation,
        s.kappaActivation,
        s.neurons.length,
      ]),
    ).toEqual([
      ["fc1", "Gemm", 4, 24, "relu", "relu", 6],
      ["fc2", "Gemm", 6, 18, "identity", "relu", 3],
    ]);
    for (const neuron of profile.sites.flatMap((s) => s.neurons))
      expect([neuron.count, neuron.rungs.length]).toEqual([5, 2]);
  });

  test("counts a pixel as a component of its channel", async () => {
    const graph = convNet();
    const profile = await profileOf(graph, randomSamples(graph, 3));
    expect(profile.sites.map((s) => s.neurons.map((n) => n.count))).toEqual([
      [108, 108, 108, 108],
      [27, 27, 27, 27],
      [3, 3, 3],
    ]);
  });

  test("copes with weights that are not finite, or not in binary32, where A is summed", async () => {
    const b = new GraphBuilder();
    const w = b.constant("w", tensorOf([5, 1], [NaN, Infinity, 1e300, 2 ** 128, 2 ** 126], "float64"));
    const graph = b.build(b.node("Gemm", [b.input("x", [1, 1], "float64"), w], { transB: 1 }));
    const samples: Samples = {
      count: 3,
      random: false,
      label: () => null,
      at: (i) => new Map([["x", tensorOf([1, 1], [i + 1], "float64")]]),
    };
    const profile = await profileOf(graph, samples);
    const { neurons } = profile.sites[0]!;
    for (const neuron of neurons.slice(0, 4))
      expect([neuron.count, neuron.nonFinite, neuron.v]).toEqual([3, 3, []]);
    expect([neurons[4]!.nonFinite, neurons[4]!.v[0]]).toEqual([0, 6 * 2 ** 126]);
    expect(parseProfile(printDocument(profile), "p")).toEqual(profile);
  });

  test("reports progress sample by sample, and keeps what it has when it is told to stop", async () => {
    const graph = mlp([3, 2]);
    const seen: number[] = [];
    const abort = new AbortController();
    const onProgress = (done: number, total: number): void => {
      seen.push(done / total);
      if (done === 3) abort.abort();
    };
    const samples = randomSamples(graph, 4);
    const profile = await profileOf(graph, samples, { onProgress, signal: abort.signal });
    expect(seen).toEqual([0.25, 0.5, 0.75]);
    expect(printDocument(profile)).toBe(printDocument(await profileOf(graph, subset(samples, [0, 1, 2]))));
    await expect(profileOf(graph, samples, { signal: abort.signal })).rejects.toMatchObject({
      code: "cancelled",
    });
  });

  test("needs samples, and something to plan", async () => {
    const graph = mlp([3, 2]);
    await expect(profileOf(graph, randomSamples(graph, 0))).rejects.toMatchObject({ code: "no-samples" });
    const b = new GraphBuilder();
    const none = b.build(b.node("Relu", [b.input("x", [1, 2])]));
    await expect(profileOf(none, randomSamples(none, 1))).rejects.toMatchObject({ code: "nothing-to-plan" });
  });
});

describe("mergeProfiles refuses", () => {
  const graph = mlp([3, 2]);
  const make = (): Promise<Profile> => profileOf(graph, randomSamples(graph, 2));

  test("nothing at all", () => {
    expect(() => mergeProfiles([])).toThrowError(expect.objectContaining({ code: "merge-mismatch" }));
  });

  test.each<[string, (p: Profile) => Profile]>([
    ["another model", (p) => ({ ...p, model: { ...p.model, digest: "sha256:00" } })],
    ["other operands", (p) => ({ ...p, operands: { weights: "ieee-e4m3", activations: null } })],
    ["other accumulators", (p) => ({ ...p, accumulators: p.accumulators.slice(1) })],
    ["another version", (p) => ({ ...p, tool: { ...p.tool, version: "1" } })],
    ["other sites", (p) => ({ ...p, sites: p.sites.map((s) => ({ ...s, site: "other" })) })],
    ["inputs of another size", (p) => ({ ...p, sites: p.sites.map((s) => ({ ...s, macs: 2 * s.macs })) })],
    [
      "another number of neurons",
      (p) => ({ ...p, sites: p.sites.map((s) => ({ ...s, neurons: s.neurons.slice(1) })) }),
    ],
  ])("%s", async (_, change) => {
    const profile = await make();
    expect(() => mergeProfiles([profile, change(profile)])).toThrowError(
      expect.objectContaining({ code: "merge-mismatch" }),
    );
  });
});
