import { tensor } from "@mpplan/ir";
import { createExecutor, createReferenceBackend } from "@mpplan/runtime";
import { test, expect } from "vitest";
import { testAdapters } from "@mpplan/testkit/node";
import { mlp, planOf, randomSamples, uniformOf, lowHigh } from "../../ir/src/testing.js";
import { createWebGpuBackend } from "./backend.js";
void tensor;
void planOf;
for (const a of testAdapters()) {
  test(a.name, async () => {
    const b = await createWebGpuBackend({ gpu: a.gpu() });
    console.log(b.adapter);
    const graph = mlp([23, 40, 33, 10], { batch: 3 });
    for (const fma of ["f32-add", "fma", "fma-f32", "rounded"] as const)
      for (const use of [0, 1]) {
        const plan = uniformOf(graph, use, { accumulators: lowHigh.map((x) => ({ ...x, product: fma })) });
        const s = await createExecutor(b, { fallback: createReferenceBackend() }).prepare(graph, plan);
        const r = await createExecutor(createReferenceBackend()).prepare(graph, plan);
        const feeds = randomSamples(graph, 1).at(0);
        const t0 = Date.now();
        const [o] = (await s.run(feeds)).values();
        const t1 = Date.now();
        const [e] = (await r.run(feeds)).values();
        console.log(fma, use, t1 - t0, s.executed.map((x) => x.backend).join());
        expect([...(o!.data as Float32Array)]).toEqual([...(e!.data as Float32Array)]);
      }
    console.log(b.counts);
    b.dispose();
  });
}
