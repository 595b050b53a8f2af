// Sums of plain values: where they run, decided or not, that means are rounded once, and in the device's own arithmetic
// inside an interval.
import { seededRandom } from "@mpplan/formats";
import { tensor, type Attrs, type Graph, type OpName, type Plan, type Tensor } from "@mpplan/ir";
import { createExecutor, createReferenceBackend } from "@mpplan/runtime";
import { accumulatorOf, differences } from "@mpplan/testkit";
import { testAdapters } from "@mpplan/testkit/node";
import { describe, expect, test } from "vitest";
import { GraphBuilder, planOf, randomNumbers, tensorOf } from "../../ir/src/testing.js";
import { backendOn } from "../src/backend.js";
import { Device } from "../src/device.js";
import { createWebGpuBackend } from "../src/index.js";
import { Stream } from "../src/stream.js";

const half = accumulatorOf({ format: "binary16", order: { kind: "blocked", block: 8 } });
const single = accumulatorOf({ format: "binary32", overflow: "infinity" });
const accumulators = [half, single];

function one(op: OpName, dims: readonly number[], attrs: Attrs = {}): Graph {
  const b = new GraphBuilder();
  return b.build(b.node(op, [b.input("x", dims)], attrs, "y"));
}

const planFor = (graph: Graph, values: number, semantics: Plan["semantics"] = "exact"): Plan => ({
  ...planOf(graph, () => ({ mode: "static", use: 0 }), { accumulators, values }),
  semantics,
});

const reference = createReferenceBackend();

for (const { name, missing, gpu } of testAdapters()) {
  describe.skipIf(missing !== null)(`${name}${missing ? `: skipped: ${missing}` : ""}`, () => {
    async function run(graph: Graph, x: Tensor, plan: Plan) {
      const backend = await createWebGpuBackend({ gpu: gpu() });
      const session = await createExecutor(backend, { fallback: reference }).prepare(graph, plan);
      const [y] = (await session.run(new Map([["x", x]]))).values();
      const { executed } = session;
      backend.dispose();
      return { values: y!.data as Float32Array, executed: executed[0]! };
    }

    test("pools, softmaxes and norms stay on the GPU and tell their counts", async () => {
      const x = tensorOf([1, 3, 8, 8], [...randomNumbers(192, 1)]);
      const pool = one("AveragePool", [1, 3, 8, 8], { kernel_shape: [2, 2], strides: [2, 2] });
      const pooled = await run(pool, x, planFor(pool, 0));
      expect(pooled.executed).toMatchObject({ backend: "webgpu", components: [48, 0], total: 48 });
      expect(pooled.executed.substitution).toBeNull();
      const softmax = one("Softmax", [1, 3, 8, 8]);
      const { executed } = await run(softmax, x, planFor(softmax, 0));
      expect(executed).toMatchObject({ backend: "webgpu", components: [24, 0], total: 24 });
      expect(executed.substitution).toBeNull();
    });

    test("where a buffer has no room for binary64 terms, the host computes, and is told why", async () => {
      const device = await Device.open({ gpu: gpu() });
      Object.defineProperty(device, "largest", { value: 1024 });
      const backend = backendOn(new Stream(device), null);
      const graph = one("Softmax", [1, 3, 8, 8]);
      const x = tensorOf([1, 3, 8, 8], [...randomNumbers(192, 1)]);
      const session = await createExecutor(backend, { fallback: reference }).prepare(
        graph,
        planFor(graph, 0),
      );
      await session.run(new Map([["x", x]]));
      expect(session.executed[0]).toMatchObject({
        ...{ components: [24, 0], total: 24 },
        substitution: "the host: Softmax has no shader for these inputs",
      });
      device.destroy();
    });

    test("a mean and a variance may have accumulators of their own", async () => {
      const b = new GraphBuilder();
      const scale = b.constant("scale", tensorOf([8], [...randomNumbers(8, 5)]));
      const graph = b.build(b.node("LayerNormalization", [b.input("x", [6, 8]), scale], {}, "y"));
      const x = tensorOf([6, 8], [...randomNumbers(48, 6)]);
      const plan = planFor(graph, 0);
      const ranges = [0, 1].map((use) => ({
        ...{ start: use, end: use + 1 },
        choice: { mode: "static", use } as const,
      }));
      const mixed = { ...plan, decisions: plan.decisions.map((each) => ({ ...each, ranges })) };
      const { values, executed } = await run(graph, x, mixed);
      expect(executed).toMatchObject({
        backend: "webgpu",
        components: [6, 6],
        total: 12,
        substitution: null,
      });
      const session = await createExecutor(reference).prepare(graph, mixed);
      const [right] = (await session.run(new Map([["x", x]]))).values();
      expect(differences(values, right!.data as Float32Array)).toEqual([]);
      expect(session.executed[0]).toMatchObject({ components: [6, 6], total: 12 });
    });

    test("what a plan does not decide is told as it was done", async () => {
      const x = tensorOf([4, 50], [...randomNumbers(200, 8, 4)]);
      for (const [op, semantics, sums] of [
        ["LayerNormalization", "exact", "its sums are exact"],
        ["LayerNormalization", "floor", "its sums are in the device's binary32"],
        ["Softmax", "exact", "its sums are exact"],
        ["Softmax", "floor", "its sums are in the device's binary32"],
        ["ReduceMean", "exact", "its sums are in the device's binary32"],
      ] as const) {
        const b = new GraphBuilder();
        const inputs = [b.input("x", [4, 50])];
        if (op === "LayerNormalization")
          inputs.push(b.constant("scale", tensorOf([50], [...randomNumbers(50, 9)])));
        const graph = b.build(b.node(op, inputs, {}, "y"));
        const { values, executed } = await run(graph, x, { ...planFor(graph, 0), decisions: [], semantics });
        expect(executed).toMatchObject({ backend: "webgpu", total: 0 });
        expect(executed.substitution).toBe(`the plan does not speak of it; ${sums}`);
        const exact = await createExecutor(reference).prepare(graph, "reference");
        const [right] = (await exact.run(new Map([["x", x]]))).values();
        const expected = right!.data as Float64Array;
        if (sums === "its sums are exact")
          expect(differences(values, Float32Array.from(expected))).toEqual([]);
        // 50 terms, and functions of a few places, of numbers below 8.
        else values.forEach((v, i) => expect(Math.abs(v - expected[i]!)).toBeLessThanOrEqual(2 ** -14));
      }
    });

    test("a sum stagnates as binary16 does", async () => {
      const graph = one("ReduceSum", [1, 4096], { keepdims: 0 });
      const x = tensorOf([1, 4096], new Array<number>(4096).fill(1));
      const plan = planFor(graph, 0);
      plan.accumulators[0] = accumulatorOf({ format: "binary16" });
      expect([...(await run(graph, x, plan)).values]).toEqual([2048]);
    });

    // A number and zeros: the sum is the number, whatever it is.
    test.each([2, 3, 7, 49, 1000])("a mean of %i is rounded once", async (n) => {
      const count = 2000;
      const random = seededRandom(n);
      const bits = Uint32Array.from({ length: count }, () => (random() << 8) ^ random());
      // Quotients that are subnormal, or close to it, every third time.
      for (let i = 0; i < count; i += 3) bits[i] = (bits[i]! & 0x83ffffff) % 0x86000000;
      const numbers = new Float32Array(bits.buffer).map((v) => (Number.isFinite(v) ? v : 1));
      const data = new Float32Array(count * n);
      numbers.forEach((v, i) => (data[i * n] = v));
      const graph = one("GlobalAveragePool", [1, count, n]);
      const { values, executed } = await run(
        graph,
        tensor("float32", [1, count, n], data),
        planFor(graph, 1),
      );
      expect(executed.backend).toBe("webgpu");
      expect(
        differences(
          values,
          numbers.map((v) => v / n),
        ),
      ).toEqual([]);
    });

    test("in the device's own arithmetic a softmax and a pool are at least as precise, and say so", async () => {
      const x = tensorOf([4, 500], [...randomNumbers(2000, 3, 4)]);
      const softmax = one("Softmax", [4, 500]);
      const { values, executed } = await run(softmax, x, planFor(softmax, 0, "floor"));
      expect(executed).toMatchObject({ backend: "webgpu", components: [4, 0], total: 4 });
      expect(executed.substitution).toBe("the device's own arithmetic, at least as precise: binary16 in f32");
      const exact = await createExecutor(reference).prepare(softmax, "reference");
      const [right] = (await exact.run(new Map([["x", x]]))).values();
      // exp errs by 3 + 2 |x| places (WGSL), of a difference that is rounded; 499 additions; a quotient of 2.5 places.
      const least = Math.min(...(x.data as Float32Array)) - Math.max(...(x.data as Float32Array));
      const places = 2 * (3 + 3 * Math.abs(least)) + 499 + 3;
      values.forEach((v, i) => {
        const y = (right!.data as Float64Array)[i]!;
        expect(Math.abs(v - y)).toBeLessThanOrEqual(y * places * 2 ** -23);
      });

      const pool = one("ReduceMean", [4, 500], { keepdims: 0 });
      const pooled = await run(pool, x, planFor(pool, 1, "floor"));
      expect(pooled.executed.substitution).toBe(
        "the device's own arithmetic, at least as precise: binary32 in f32",
      );
      const data = x.data as Float32Array;
      const mean = data.reduce((sum, v) => sum + v, 0) / 2000;
      const magnitude = data.reduce((sum, v) => sum + Math.abs(v), 0) / 2000;
      expect(Math.abs(pooled.values[0]! - mean)).toBeLessThanOrEqual(2001 * 2 ** -24 * magnitude);
    });
  });
}
