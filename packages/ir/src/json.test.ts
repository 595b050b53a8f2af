import { Value } from "typebox/value";
import { describe, expect, test } from "vitest";
import { parsePlan, parseProfile, parseReport, printDocument, schemas } from "./json.js";
import { printArrangement, type Choice, type Plan, type RecomputeTest } from "./plan.js";
import type { Profile } from "./profile.js";
import type { Report } from "./report.js";
import { lowHigh, mlp, uniformOf } from "./testing.js";

const tool = { name: "mpplan", version: "0.0.0" };
const model = { name: "tiny", digest: "sha256:ab" };
const data = { digest: "sum256:1f", samples: 3, random: false };

const plan: Plan = {
  ...uniformOf(mlp([4, 6, 3]), 1),
  data,
  budget: { kind: "tau", value: Number.MAX_VALUE },
  predicted: {
    error: 1 / 3,
    flips: null,
    cost: 0.75,
    fractionHigh: 0.5,
    samples: 7,
    guarantee: "calibrated",
  },
  drift: [{ site: "fc1", logKappaPrime: [0.1, null, 5e-324], peak: 239.99999 }],
};

const histogram = {
  first: -9,
  counts: Array.from({ length: 60 }, (_, i) => i),
  zeros: 1,
  infinite: 0,
  nan: 2,
};
const profile: Profile = {
  kind: "mpplan-profile",
  version: 1,
  tool,
  model,
  data,
  operands: { weights: "ieee-e4m3", activations: null },
  accumulators: [lowHigh[0]!],
  sensitivities: "exact",
  sites: [
    {
      site: 'a "quoted" \u0000 site',
      op: "Gemm",
      length: 4,
      macs: 24,
      activation: "relu",
      kappaActivation: "relu",
      accumulators: [lowHigh[0]!],
      neurons: [
        {
          count: 3,
          dead: 1,
          nonFinite: 0,
          kappaV: histogram,
          kappaPhiKappaV: histogram,
          kappaPrime: { ...histogram, counts: [] },
          v: [1e300, 1, 5e-324],
          vSquared: [],
          magnitude: [0.1],
          magnitudeSquared: [2 ** -1074],
          magnitudeSlopeSquared: [1 / 3],
          sensitivitySquared: [2],
          rungs: [
            {
              peak: 240,
              clipped: 0,
              errorSquared: [0.1, 1e-20],
              partialSquared: [],
              ulpSquared: [],
              errorSensitivity: [0.2],
              partialSensitivity: [],
              ulpSensitivity: [],
              smoothSensitivity: [],
            },
          ],
          curves: [],
        },
      ],
    },
  ],
};

const report: Report = {
  kind: "mpplan-report",
  version: 1,
  tool,
  model,
  data,
  seed: 1,
  evaluated: 3,
  error: null,
  flips: 0,
  accuracy: null,
  referenceAccuracy: 0.97,
  cost: 0.75,
  fractionHigh: 0.25,
  guarantee: "observed",
  nodes: [{ site: "fc1", op: "Gemm", local: 0.1, cumulative: null, fractionHigh: 0 }],
  executed: [
    {
      site: "fc1",
      backend: "reference",
      components: [6, 2],
      recomputed: 2,
      magnitudes: 0,
      total: 6,
      substitution: null,
    },
  ],
};

describe("a document survives its own text byte for byte:", () => {
  test("a plan with arrangements and every test", () => {
    const graph = mlp([4, 6, 3]);
    const tests: RecomputeTest[] = [
      { rule: "contribution", activation: "relu", thresholds: [-0.5, 0, 1e-300] },
      { rule: "softmax", tau: 0.25, scale: 0.125 },
      { rule: "kappa-full", tau: 1, activation: "relu" },
    ];
    const choice = (test: RecomputeTest): Choice => ({ mode: "dynamic", low: 0, high: 1, test });
    const arranged: Plan = {
      ...plan,
      decisions: uniformOf(graph, 0).decisions.map((decision, i) => ({
        ...decision,
        arrangement: i === 0 ? { terms: [3, 0, 2, 1], scales: [0, -2, 5, 0, 0, 1] } : { scales: [1, 0, 0] },
        ranges: tests.map((test, start) => ({ start, end: start + 1, choice: choice(test) })),
      })),
    };
    expect(parsePlan(printDocument(arranged), "p")).toEqual(arranged);
    const broken = JSON.parse(printDocument(arranged)) as Plan;
    broken.decisions[0]!.arrangement!.terms![1] = 0.5;
    expect(() => parsePlan(JSON.stringify(broken), "p")).toThrow("/decisions/0/arrangement/terms/1");
  });
  test("plan", () => expect(printDocument(parsePlan(printDocument(plan), "p"))).toBe(printDocument(plan)));
  test("profile", () => {
    expect(parseProfile(printDocument(profile), "p")).toEqual(profile);
    expect(printDocument(parseProfile(printDocument(profile), "p"))).toBe(printDocument(profile));
  });
  test("report", () => expect(parseReport(printDocument(report), "r")).toEqual(report));
});

test("the text is JSON, ends a line, and keeps lists of numbers on one", () => {
  const text = printDocument(profile);
  expect(text.endsWith("}\n")).toBe(true);
  expect(JSON.parse(text)).toEqual(profile);
  expect(text).toContain(JSON.stringify(histogram.counts));
  expect(text.split("\n").length).toBeLessThan(90);
});

describe("what is no document is refused:", () => {
  test("text that is not JSON", () => {
    expect(() => parsePlan('{"kind": ', "plan.json")).toThrowError(
      expect.objectContaining({ code: "not-json", message: expect.stringContaining("plan.json") as string }),
    );
  });

  test.each<[string, unknown]>([
    ["another kind", { ...plan, kind: "mpplan-profile" }],
    ["a later version", { ...plan, version: 2 }],
    ["a field too many", { ...plan, extra: 1 }],
    ["a field too few", { ...plan, seed: undefined }],
    ["no accumulator", { ...plan, accumulators: [] }],
    ["a list", []],
    ["null", null],
    ["an unknown rule", withTest({ rule: "magic", tau: 1, activation: "relu" })],
    ["a share above 1", withTest({ rule: "random", share: 1.5, seed: 1 })],
    ["a negative tau", withTest({ rule: "kappa", tau: -1, activation: "relu" })],
    ["a cost of 0", { ...plan, costs: { binary16: 0 } }],
  ])("%s", (_, document) => {
    expect(() => parsePlan(JSON.stringify(document), "plan.json")).toThrowError(
      expect.objectContaining({ code: "wrong-document", where: "plan.json" }),
    );
  });

  test("a profile is no plan, and the message names the first path that is wrong", () => {
    const broken = structuredClone(plan);
    broken.decisions[1]!.ranges[0]!.end = "6" as unknown as number;
    expect(() => parsePlan(JSON.stringify(broken), "plan.json")).toThrowError("/decisions/1/ranges/0/end");
    expect(() => parsePlan(printDocument(profile), "profile.json")).toThrowError(/This is not a plan/);
  });
});

test("the published schemas are JSON Schema: typed objects with an identity, closed at the top", () => {
  for (const [kind, schema] of Object.entries(schemas)) {
    const plain = JSON.parse(JSON.stringify(schema)) as Record<string, unknown>;
    expect(plain).toMatchObject({ type: "object", $id: `urn:mpplan:${kind}:1`, additionalProperties: false });
    const optional = { plan: "promise", profile: "valueSums" }[kind as string] ?? "";
    const properties = Object.keys(plain["properties"] as object);
    expect(plain["required"]).toEqual(properties.filter((name) => !optional.includes(name)));
  }
  // What the schema accepts after a round trip through text is what it accepts itself.
  const published = JSON.parse(JSON.stringify(schemas.plan)) as typeof schemas.plan;
  expect(Value.Check(published, JSON.parse(printDocument(plan)))).toBe(true);
  expect(Value.Check(published, { ...plan, version: 2 })).toBe(false);
});

function withTest(test: unknown): unknown {
  const copy = structuredClone(plan) as unknown as { decisions: { ranges: { choice: unknown }[] }[] };
  copy.decisions[0]!.ranges[0]!.choice = { mode: "dynamic", low: 0, high: 1, test };
  return copy;
}

test("an arrangement is told in a few words", () => {
  expect(printArrangement({ terms: [1, 0], scales: [0, -2, 3] })).toBe(
    "terms permuted, 2 of 3 neurons scaled by 2^-2 to 2^3",
  );
  expect(printArrangement({ scales: [0, 4] })).toBe("1 of 2 neurons scaled by 2^4");
  expect(printArrangement({ terms: [0, 1], scales: [0] })).toBe("");
});
