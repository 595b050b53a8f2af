// The library's session, in the shape of onnxruntime-common.
import { readFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { readNpy, relativeDistance } from "./arrays.js";
import { models, mpplan, tiny } from "./support.js";
import {
  compileModel,
  InferenceSession,
  loadSamples,
  MpplanError,
  parsePlan,
  printDocument,
  Tensor,
  type Plan,
  type Sample,
} from "../src/node.js";

const bytes = new Uint8Array(readFileSync(tiny));
const inputs = [{ id: "input", type: { elem: "float32" as const, shape: ["N", 49] } }];
const { samples } = loadSamples({ modelPath: tiny, inputs });
const pixels = (from: number, count: number): Tensor => {
  const data = new Float32Array(count * 49);
  for (let i = 0; i < count; i++) data.set(samples.at(from + i).get("input")!.data as Float32Array, i * 49);
  return new Tensor("float32", data, [count, 49]);
};
const expected = (file: string): ArrayLike<number> =>
  readNpy(readFileSync(path.join(models, "tiny", "expected", file))).data;

/** The code of the error that a promise rejects with. */
async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error instanceof MpplanError) return error.code;
  throw new Error(`rejected with ${String(error)}`);
}

let plan: Plan;
beforeAll(async () => {
  ({ plan } = await compileModel(bytes, samples, { name: "tiny" }));
});

describe("create", () => {
  test("takes a path, bytes, or a buffer", async () => {
    for (const model of [
      tiny,
      bytes,
      bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length),
    ]) {
      const session = await InferenceSession.create(model);
      expect(session.inputNames).toEqual(["input"]);
      expect(session.outputNames).toEqual(["logits"]);
      await session.release();
    }
  });

  test("without a plan it is the model as it stands", async () => {
    const session = await InferenceSession.create(tiny);
    const { logits } = await session.run({ input: pixels(0, 16) });
    expect(logits).toMatchObject({ type: "float32", dims: [16, 10] });
    // The logits are rounded to binary32, by 2^-24 at most.
    expect(relativeDistance(logits!.data as Float32Array, expected("logits-f64.npy"))).toBeLessThan(2 ** -24);
    expect(session.executed).toEqual([]);
    expect(session.plan).toBeNull();
  });

  test("weights are cast where it is asked for, by name, by a preset or by a plan", async () => {
    const same = expected("logits-e4m3-weights-f64.npy");
    for (const options of [
      { weightsFormat: "ieee-e4m3" },
      { preset: "paper" },
      { plan, mode: "reference" as const },
    ]) {
      const session = await InferenceSession.create(tiny, options);
      const { logits } = await session.run({ input: pixels(0, 16) });
      expect(relativeDistance(logits!.data as Float32Array, same)).toBeLessThan(2 ** -24);
    }
  });

  test("a plan is an object or its text", async () => {
    const results = [];
    for (const given of [plan, printDocument(plan), JSON.stringify(plan)]) {
      const session = await InferenceSession.create(bytes, { plan: given });
      expect(session.plan!.decisions).toEqual(plan.decisions);
      results.push((await session.run({ input: pixels(0, 2) }))["logits"]!.data);
    }
    expect(results[1]).toEqual(results[0]);
    expect(results[2]).toEqual(results[0]);
  });

  test.each([
    ["a provider that there is not", { executionProviders: ["webnn"] }, "unknown-provider"],
    ["a plan that is no JSON", { plan: "{" }, "not-json"],
    ["a plan that is another document", { plan: "{}" }, "wrong-document"],
    ["a mode that needs a plan", { mode: "hybrid" as const }, "no-plan"],
    ["a format that there is not", { mode: "uniform" as const, format: "e4x3" }, "unknown-format"],
    ["a rule that there is not", { mode: "dynamic" as const, rule: "best", tau: 1 }, "unknown-rule"],
    ["an option that would be ignored", { low: "bfloat16" }, "conflicting-options"],
  ])("refuses %s", async (_name, options, code) => {
    expect(await codeOf(InferenceSession.create(tiny, options))).toBe(code);
  });

  test("refuses a plan of another model, in reference mode too", async () => {
    const other = { ...plan, model: { ...plan.model, digest: "sha256:0" } };
    expect(await codeOf(InferenceSession.create(tiny, { plan: other }))).toBe("wrong-model");
    expect(await codeOf(InferenceSession.create(tiny, { plan: other, mode: "reference" }))).toBe(
      "wrong-model",
    );
  });

  test("refuses a plan object that no schema has checked", async () => {
    const broken = { ...plan, accumulators: [] };
    expect(await codeOf(InferenceSession.create(tiny, { plan: broken }))).toBe("wrong-document");
  });

  test("refuses what is no model", async () => {
    expect(await codeOf(InferenceSession.create("nowhere.onnx"))).toBe("not-found");
    expect(await codeOf(InferenceSession.create(new Uint8Array(0)))).toBe("empty-file");
  });
});

describe("run", () => {
  test("a batch gives what its items give one by one, bit by bit", async () => {
    for (const options of [
      {},
      { plan },
      { mode: "uniform" as const, format: "ieee-e4m3" },
      { mode: "dynamic" as const, tau: 0.5 },
    ]) {
      const session = await InferenceSession.create(tiny, options);
      const batch = (await session.run({ input: pixels(0, 8) }))["logits"]!;
      expect(batch.dims).toEqual([8, 10]);
      const executed = structuredClone(session.executed);
      const single = [];
      for (let i = 0; i < 8; i++)
        single.push(...((await session.run({ input: pixels(i, 1) }))["logits"]!.data as Float32Array));
      expect(Array.from(batch.data as Float32Array)).toEqual(single);
      for (const site of executed) expect(site.total % 8).toBe(0);
    }
  });

  test("executed tells of the last run, per site and accumulator", async () => {
    const session = await InferenceSession.create(tiny, { mode: "dynamic", tau: 0.5 });
    await session.run({ input: pixels(0, 3) });
    expect(session.executed.map((e) => [e.site, e.total, e.components[0]])).toEqual([
      ["fc1", 48, 48],
      ["fc2", 36, 36],
      ["fc3", 30, 30],
    ]);
    for (const e of session.executed)
      expect(e).toMatchObject({ recomputed: e.components[1], substitution: null });
    await session.run({ input: pixels(0, 1) });
    expect(session.executed[0]!.total).toBe(16);
  });

  test("refuses feeds that are missing, unknown or of a wrong shape or type, and says which", async () => {
    const session = await InferenceSession.create(tiny, { plan });
    const input = pixels(0, 1);
    expect(await codeOf(session.run({}))).toBe("missing-feed");
    expect(await codeOf(session.run({ input, image: input }))).toBe("unknown-feed");
    const wide = new Tensor("float32", new Float32Array(50), [1, 50]);
    expect(["wrong-feed", "shape"]).toContain(await codeOf(session.run({ input: wide })));
    const whole = new Tensor("int32", new Int32Array(49), [1, 49]);
    expect(await codeOf(session.run({ input: whole }))).toBe("wrong-feed");
    // And after all that it still runs.
    expect((await session.run({ input }))["logits"]!.dims).toEqual([1, 10]);
  });

  test("release ends it", async () => {
    const session = await InferenceSession.create(tiny);
    await session.run({ input: pixels(0, 1) });
    await session.release();
    await session.release();
    expect(await codeOf(session.run({ input: pixels(0, 1) }))).toBe("released");
  });

  test("it computes what the command computes", async () => {
    const { out } = await mpplan("run", tiny, "-q", "--json", "--mode", "dynamic", "--tau", "0.3");
    const session = await InferenceSession.create(tiny, { mode: "dynamic", tau: 0.3 });
    await session.run({ input: pixels(0, 24) });
    expect(JSON.parse(out).executed).toEqual(session.executed);
  });
});

describe("Tensor", () => {
  test("has type, data, dims and size; one dimension is the default", () => {
    expect(new Tensor("float32", Float32Array.of(1, 2, 3))).toMatchObject({
      type: "float32",
      dims: [3],
      size: 3,
    });
    expect(new Tensor("int64", BigInt64Array.of(1n, 2n), [2, 1]).size).toBe(2);
  });
  test("dims and data must agree", () => {
    expect(() => new Tensor("float32", new Float32Array(3), [2, 2])).toThrow(MpplanError);
  });
});

describe("compileModel", () => {
  test("needs nothing but bytes and samples, and gives everything on the way", async () => {
    const { graph, profile, plan: made, report } = await compileModel(bytes, samples);
    expect(made.model.digest).toBe(graph.digest);
    expect([profile.data.samples, made.predicted!.samples, report!.evaluated]).toEqual([9, 3, 12]);
    expect(parsePlan(printDocument(made), "a string")).toEqual(made);
  });

  test("an aborted signal ends it, whatever it is at, with a plan from what was measured", async () => {
    for (const stop of ["calibrate", "tune", "evaluate"]) {
      const abort = new AbortController();
      const work = compileModel(bytes, samples, {
        signal: abort.signal,
        onProgress: (stage, done, total) => {
          if (stage === stop && done === total) abort.abort();
        },
      });
      expect(await work, stop).toMatchObject({ report: null, plan: { predicted: null } });
    }
  });

  test("patterns that match nothing are refused before any sample is run", async () => {
    let runs = 0;
    const counted = { ...samples, at: (i: number): Sample => (runs++, samples.at(i)) };
    expect(await codeOf(compileModel(bytes, counted, { exclude: ["conv*"] }))).toBe("bad-option");
    expect(runs).toBeLessThanOrEqual(1);
  });
});

describe("semantics", () => {
  test("floor is what the cpu does anyway: it emulates, and the plan in force says what was asked", async () => {
    const exact = await InferenceSession.create(bytes, { plan });
    const floor = await InferenceSession.create(bytes, { plan, semantics: "floor" });
    const feeds = { input: pixels(0, 4) };
    expect([...(await floor.run(feeds))["logits"]!.data]).toEqual([
      ...(await exact.run(feeds))["logits"]!.data,
    ]);
    expect([exact.plan!.semantics, floor.plan!.semantics]).toEqual(["exact", "floor"]);
  });

  test("the exact reference has no use for them", async () => {
    const options = { mode: "reference", semantics: "floor" } as const;
    expect(await codeOf(InferenceSession.create(bytes, options))).toBe("conflicting-options");
    expect(await codeOf(InferenceSession.create(bytes, { ...options, plan }))).toBe("conflicting-options");
  });
});
