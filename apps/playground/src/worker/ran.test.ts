import { tensor, type ExecutedSite, type Plan } from "@mpplan/ir";
import { expect, test } from "vitest";
import { compareBits, ranOf } from "./ran.js";

const plan = { decisions: [{ site: "fc1" }, { site: "fc2" }] } as unknown as Plan;
const site = (name: string, backend: string, substitution: string | null = null): ExecutedSite => ({
  ...{ site: name, backend, substitution },
  ...{ components: [1], recomputed: 0, magnitudes: 0, total: 1 },
});
const gpu = { name: "webgpu", adapter: "a GPU" } as const;

test("sums count where the backend itself carried them out; the rest is told with its nodes", () => {
  const why = "cpu instead of webgpu: Softmax has no shader";
  const ran = ranOf(
    [
      { plan, sites: [site("fc1", "webgpu"), site("fc2", "webgpu"), site("softmax", "cpu", why)] },
      {
        plan,
        sites: [
          site("fc1", "cpu", "cpu instead of webgpu: odd"),
          site("fc2", "webgpu"),
          site("softmax", "cpu", why),
        ],
      },
    ],
    gpu,
    12,
  );
  expect(ran).toEqual({
    backend: "webgpu",
    adapter: "a GPU",
    milliseconds: 12,
    modes: 2,
    sums: 4,
    own: 3,
    substitutions: [
      { what: why, nodes: ["softmax"] },
      { what: "cpu instead of webgpu: odd", nodes: ["fc1"] },
    ],
  });
});

test("a sum that the device's own arithmetic carried out is not the backend's as asked for", () => {
  const sites = [site("fc1", "webgpu", "the device's own arithmetic"), site("fc2", "webgpu")];
  expect(ranOf([{ plan, sites }], gpu, 0)).toMatchObject({ sums: 2, own: 1 });
});

test("bits are compared, the signs of zeros too; values that are no numbers lie infinitely far apart", () => {
  const outputs = (...values: number[]) =>
    new Map([["y", tensor("float32", [values.length], Float32Array.from(values))]]);
  expect(compareBits(outputs(1, NaN, -0), outputs(1, NaN, -0))).toEqual({ same: true, difference: 0 });
  expect(compareBits(outputs(0), outputs(-0))).toEqual({ same: false, difference: 0 });
  expect(compareBits(outputs(1, 2), outputs(1.5, 2.25))).toEqual({ same: false, difference: 0.5 });
  expect(compareBits(outputs(NaN), outputs(1))).toEqual({ same: false, difference: Infinity });
  expect(compareBits(outputs(1), outputs(1, 2))).toEqual({ same: false, difference: Infinity });
});
