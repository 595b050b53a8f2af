// Plans that ask for at least a precision: sums in the device's own arithmetic, inside an interval that follows from it.
import { sumSites, type Accumulator, type Plan } from "@mpplan/ir";
import { createExecutor, createReferenceBackend } from "@mpplan/runtime";
import { accumulatorOf } from "@mpplan/testkit";
import { testAdapters } from "@mpplan/testkit/node";
import { describe, expect, test } from "vitest";
import { convNet, mlp, planOf, randomSamples, uniformOf } from "../../ir/src/testing.js";
import { createWebGpuBackend } from "./backend.js";
import { single as oneByOne } from "./tiles.js";
import { nativeKind, nativeProblem } from "./wgsl/native.js";

const low = accumulatorOf({ order: { kind: "blocked", block: 8 } });
const high = accumulatorOf({ format: "binary16", order: { kind: "blocked", block: 8 } });
const single = accumulatorOf({ format: "binary32", overflow: "infinity" });

const floor = (plan: Plan): Plan => ({ ...plan, semantics: "floor" });

/**
 * Twice `steps` roundings of u, as in |error| <= gamma_n sum |terms|, gamma_n = n u / (1 - n u): Higham, ASNA, ch. 3;
 * and for binary16 as many halves of its smallest number.
 */
function interval(kind: "f16" | "f32", steps: number, magnitude: number): number {
  const u = kind === "f16" ? 2 ** -11 : 2 ** -24;
  const n = 2 * (steps + 2);
  return ((n * u) / (1 - n * u)) * magnitude + (kind === "f16" ? n * 2 ** -25 : 0);
}

test("binary16 is for formats of 10 bits at most, and nothing is for exact sums", () => {
  expect(nativeKind(low, true)).toBe("f16");
  expect(nativeKind(low, false)).toBe("f32");
  expect(nativeKind(high, true)).toBe("f32");
  expect(nativeProblem(single)).toBeNull();
  expect(nativeProblem({ ...single, product: "fma" })).toMatch(/finer than the device's/);
});

for (const { name, missing, gpu } of testAdapters()) {
  describe.skipIf(missing !== null)(`${name}${missing ? `: skipped: ${missing}` : ""}`, () => {
    for (const [what, accumulator] of Object.entries({ low, high, single } satisfies Record<
      string,
      Accumulator
    >)) {
      const tile = what === "high" ? oneByOne : ({ rows: 4, columns: 4 } as const);
      test(`${what} sums, ${tile.rows}x${tile.columns}, are within the interval, and say so`, async () => {
        const backend = await createWebGpuBackend({ gpu: gpu(), chooseTile: () => tile });
        const kind = nativeKind(accumulator, backend.adapter.halves);
        for (const graph of [mlp([23, 40, 10], { batch: 3 }), convNet({ batch: 2 })]) {
          const plan = floor(uniformOf(graph, 0, { accumulators: [accumulator] }));
          const feeds = randomSamples(graph, 1).at(0);
          const reference = createExecutor(createReferenceBackend());
          const exact = new Map<string, ArrayLike<number>>();
          const session = await reference.prepare(graph, "reference");
          await session.run(feeds, { observe: (id, t) => exact.set(id, t.data as Float64Array) });
          const magnitudes = new Map<string, Float64Array>();
          await (
            await reference.probe(graph, [])
          ).run(feeds, (site, { magnitude }) => magnitudes.set(site.node, magnitude));

          const own = await createExecutor(backend).prepare(graph, plan);
          const given = new Map<string, ArrayLike<number>>();
          const all = await reference.prepare(graph, "reference");
          const tensors = new Map();
          await all.run(feeds, {
            observe: (id, t) => tensors.set(id, { ...t, data: Float32Array.from(t.data as Float64Array) }),
          });
          await own.run(feeds, {
            observe: (id, t) => given.set(id, t.data as Float32Array),
            given: (id) => (graph.inputs.includes(id) ? undefined : tensors.get(id)),
          });
          for (const { node, length } of sumSites(graph)) {
            const id = graph.nodes.find((n) => n.id === node)!.outputs[0]!;
            const [is, right] = [given.get(id)!, exact.get(id)!];
            for (let i = 0; i < right.length; i++) {
              // The inputs were stored as binary32, one rounding of each.
              const allowed = interval(kind, length + 1, magnitudes.get(node)![i]!);
              expect(Math.abs(is[i]! - right[i]!)).toBeLessThanOrEqual(allowed);
            }
          }
          expect(own.executed[0]!.substitution).toBe(
            `the device's own arithmetic, at least as precise: ${accumulator.format} in ${kind}`,
          );
        }
        backend.dispose();
      });
    }

    test("dynamic choices test what their sums would be in the low format", async () => {
      const backend = await createWebGpuBackend({ gpu: gpu() });
      const graph = mlp([23, 40, 10], { batch: 3 });
      const rule = { rule: "kappa", tau: 1, activation: "relu" } as const;
      const plan = floor(
        planOf(graph, () => ({ mode: "dynamic", low: 0, high: 1, test: rule }), {
          accumulators: [low, high],
        }),
      );
      const session = await createExecutor(backend).prepare(graph, plan);
      await session.run(randomSamples(graph, 1).at(0));
      const [first] = session.executed;
      expect(first!.components[0]).toBe(first!.total);
      expect(first!.recomputed).toBeGreaterThan(0);
      expect(first!.recomputed).toBeLessThan(first!.total);
      backend.dispose();
    });
  });
}
