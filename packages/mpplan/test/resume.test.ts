// Interrupted work: what had been measured is kept, and going on ends where an uninterrupted run ends.
import { readFileSync } from "node:fs";
import { parseProfile, printDocument, type Samples } from "@mpplan/ir";
import { describe, expect, test } from "vitest";
import { compileModel, loadSamples } from "../src/node.js";
import { tiny } from "./support.js";

const bytes = new Uint8Array(readFileSync(tiny));
const inputs = [{ id: "input", type: { elem: "float32" as const, shape: ["N", 49] } }];
const { samples } = loadSamples({ modelPath: tiny, inputs });
/** Enough of them that a batch of 64 is not all: the 24 again and again, with a speck of difference. */
const many: Samples = {
  ...samples,
  count: 300,
  at: (i) =>
    new Map(
      [...samples.at(i % 24)].map(([id, t]) => [
        id,
        { ...t, data: Float32Array.from(t.data as Float32Array, (x) => x * (1 + i / 4096)) },
      ]),
    ),
};

/** Compiles, and stops when that many samples have been measured. */
async function stoppedAfter(wanted: number, resume?: string) {
  const abort = new AbortController();
  return compileModel(bytes, many, {
    samples: 240,
    signal: abort.signal,
    onProgress: (stage, done) => {
      if (stage === "calibrate" && done >= wanted) abort.abort();
    },
    ...(resume !== undefined && { resume: parseProfile(resume, "resume") }),
  });
}

describe("a compilation that is stopped", () => {
  test("has a plan from what was measured, and no report", async () => {
    const { plan, profile, report } = await stoppedAfter(1);
    expect(report).toBeNull();
    expect(profile.data.samples).toBe(64);
    expect(plan).toMatchObject({ mode: "static", policy: "sensitivity", predicted: null });
    expect(plan.decisions.length).toBe(profile.sites.length);
  });

  test("goes on with the rest, and ends with the same bytes as one that was not stopped", async () => {
    const whole = await compileModel(bytes, many, { samples: 240 });
    const first = await stoppedAfter(1);
    const second = await stoppedAfter(100, printDocument(first.profile));
    expect(second.profile.data.samples).toBe(128);
    const { plan, profile, report } = await stoppedAfter(Infinity, printDocument(second.profile));
    expect(printDocument(profile)).toBe(printDocument(whole.profile));
    expect(printDocument(plan)).toBe(printDocument(whole.plan));
    expect(report?.error).toBe(whole.report?.error);
  });

  test("before anything was measured has nothing to show", async () => {
    const abort = new AbortController();
    abort.abort();
    await expect(compileModel(bytes, many, { signal: abort.signal })).rejects.toMatchObject({
      code: "cancelled",
    });
  });

  test.each([
    ["another seed", { seed: 2 }, /other samples/],
    ["other formats", { low: "ocp-e4m3" }, /other accumulators/],
    ["other weights", { weightsFormat: "none" }, /cast otherwise/],
  ])("is not gone on with %s", async (_name, change, message) => {
    const { profile } = await stoppedAfter(1);
    await expect(compileModel(bytes, many, { samples: 240, resume: profile, ...change })).rejects.toThrow(
      message,
    );
  });
});
