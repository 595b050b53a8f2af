// Whole graphs: what is submitted, kept and used again, and what is said when the device is gone.
import { createExecutor, createReferenceBackend } from "@mpplan/runtime";
import { testAdapters } from "@mpplan/testkit/node";
import { describe, expect, test } from "vitest";
import { convNet, GraphBuilder, mlp, planOf, randomSamples, uniformOf } from "../../ir/src/testing.js";
import { backendOn, createWebGpuBackend } from "./backend.js";
import { Device } from "./device.js";
import { Stream } from "./stream.js";

const rule = { rule: "kappa", tau: 1, activation: "relu" } as const;
const dynamic = { mode: "dynamic", low: 0, high: 1, test: rule } as const;

test("without WebGPU it says what is missing", async () => {
  await expect(
    createWebGpuBackend({ gpu: { requestAdapter: async () => null } as unknown as GPU }),
  ).rejects.toThrow(/WebGPU finds no adapter/);
});

for (const { name, missing, gpu } of testAdapters()) {
  describe.skipIf(missing !== null)(`${name}${missing ? `: skipped: ${missing}` : ""}`, () => {
    test("a run is one submit, and later ones make no buffer and no pipeline", async () => {
      const device = await Device.open({ gpu: gpu() });
      const stream = new Stream(device);
      const graph = convNet({ batch: 2 });
      const session = await createExecutor(backendOn(stream, null)).prepare(
        graph,
        planOf(graph, () => dynamic),
      );
      const samples = randomSamples(graph, 3);
      // Twice: buffers of the first run are settled by the second.
      for (const i of [0, 1]) await session.run(samples.at(i));
      const before = { ...stream.counts, made: stream.pool.made };
      await session.run(samples.at(2));
      expect(stream.counts.submits).toBe(before.submits + 1);
      expect(stream.counts.pipelines).toBe(before.pipelines);
      expect(stream.pool.made).toBe(before.made);
      expect(session.executed.every(({ backend }) => backend === "webgpu")).toBe(true);
      expect(session.executed.reduce((sum, { recomputed }) => sum + recomputed, 0)).toBeGreaterThan(0);
      device.destroy();
    });

    test("products of two inputs leave no buffer behind", async () => {
      const device = await Device.open({ gpu: gpu() });
      const stream = new Stream(device);
      const b = new GraphBuilder();
      const graph = b.build(b.node("MatMul", [b.input("x", [3, 4, 5]), b.input("y", [3, 5, 6])], {}, "z"));
      const session = await createExecutor(backendOn(stream, null)).prepare(graph, uniformOf(graph, 0));
      const samples = randomSamples(graph, 6);
      for (const i of [0, 1, 2]) await session.run(samples.at(i));
      const { made } = stream.pool;
      for (const i of [3, 4, 5]) await session.run(samples.at(i));
      expect(stream.pool.made).toBe(made);
      device.destroy();
    });

    test("results do not depend on what buffers held before", async () => {
      const backend = await createWebGpuBackend({ gpu: gpu() });
      const graph = convNet({ batch: 2 });
      const session = await createExecutor(backend).prepare(
        graph,
        planOf(graph, () => dynamic),
      );
      const samples = randomSamples(graph, 4);
      const once: number[][] = [];
      for (const i of [0, 1, 2, 3, 0, 1, 2, 3]) {
        const [out] = (await session.run(samples.at(i))).values();
        once.push(Array.from(out!.data as Float32Array));
      }
      expect(once.slice(4)).toEqual(once.slice(0, 4));
      backend.dispose();
    });

    test("a lost device is told, and a new backend works", async () => {
      const graph = mlp([7, 5, 3]);
      const plan = uniformOf(graph, 0);
      const feeds = randomSamples(graph, 1).at(0);
      const backend = await createWebGpuBackend({ gpu: gpu() });
      const session = await createExecutor(backend).prepare(graph, plan);
      const [before] = (await session.run(feeds)).values();
      backend.dispose();
      await expect(session.run(feeds)).rejects.toThrow(/The GPU device was lost/);
      const again = await createWebGpuBackend({ gpu: gpu() });
      const [after] = (await (await createExecutor(again).prepare(graph, plan)).run(feeds)).values();
      expect(after!.data).toEqual(before!.data);
      again.dispose();
    });

    test("the exact reference is left to a fallback, and calibration is refused", async () => {
      const backend = await createWebGpuBackend({ gpu: gpu() });
      const graph = mlp([7, 5, 3]);
      await expect(createExecutor(backend).prepare(graph, "reference")).rejects.toThrow(
        /the exact reference is computed in binary64/,
      );
      await expect(
        createExecutor(backend, { fallback: createReferenceBackend() }).probe(graph, []),
      ).rejects.toThrow();
      backend.dispose();
    });

    test("an adapter that is not exact refuses emulated sums, with the reason", async () => {
      const device = await Device.open({ gpu: gpu() });
      const backend = backendOn(
        new Stream(device),
        "this adapter's arithmetic is not exact: the sum of 1 and 1 is 3",
      );
      const graph = mlp([7, 5, 3]);
      await expect(createExecutor(backend).prepare(graph, uniformOf(graph, 0))).rejects.toThrow(
        /sum of 1 and 1 is 3/,
      );
      device.destroy();
    });
  });
}
