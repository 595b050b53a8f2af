// Whole models on WebGPU: every site that is given the reference's inputs yields its bits, under a hybrid plan.
import { readFileSync } from "node:fs";
import path from "node:path";
import {
  isFloat,
  sumSites,
  tensor,
  valueSites,
  type Choice,
  type ExecutedSite,
  type Graph,
  type Sample,
  type Tensor,
} from "@mpplan/ir";
import { createExecutor, createReferenceBackend, type Executor } from "@mpplan/runtime";
import { createCpuBackend } from "@mpplan/runtime-cpu";
import { createWebGpuBackend } from "@mpplan/runtime-webgpu";
import { testAdapters } from "@mpplan/testkit/node";
import { describe, expect, test } from "vitest";
import { planOf, randomNumbers } from "../../ir/src/testing.js";
import { sharedData } from "../../../tools/shared-data.js";
import { chained } from "../src/chained.js";
import { InferenceSession, openExecutor, Tensor as ApiTensor } from "../src/node.js";
import { importModel, prepareGraph } from "../src/prepare-graph.js";
import { models } from "./support.js";

interface Model {
  readonly name: string;
  readonly file: string | null;
  /** Sizes for symbolic dims, input by input. */
  readonly dims?: readonly (readonly number[])[];
  /** The faster adapter, for what takes the other half a minute. */
  readonly only?: string;
}

const fixture = (name: string): Model => ({ name, file: path.join(models, name, "model.onnx") });
const shared = (name: string, rest: Partial<Model> = {}): Model => ({
  name,
  file: sharedData("models", `${name}.onnx`),
  ...rest,
});

const list: readonly Model[] = [
  ...["fashion-bn", "paper-relu", "paper-tanh", "sigmoid", "sparse-deep", "tiny"].map(fixture),
  shared("cifar_base_kw"),
  shared("marabou_cnn_max_mninst2"),
  shared("marabou_mnist5x20_leaky_relu"),
  shared("mnist-8-cntk"),
  shared("marabou_self-attention-mnist-pgd-medium-sim"),
  shared("ch_ppocr_mobile_v2.0_cls_infer", { dims: [[1, 3, 48, 64]] }),
  shared("silero_vad_16k_op15", { dims: [[1, 512], [2, 1, 128], []] }),
  shared("ultraface_rfb320", { only: "lavapipe" }),
];

/** One sample of numbers from a seed. */
function sampleFor(graph: Graph, { dims }: Model): Sample {
  return new Map(
    graph.inputs.map((id, i) => {
      const type = graph.values.get(id)!.type!;
      const shape = dims?.[i] ?? type.shape!.map((d) => (typeof d === "number" ? d : 1));
      const count = shape.reduce((product, d) => product * d, 1);
      if (!isFloat(type.elem)) return [id, tensor("int64", shape, BigInt64Array.of(16000n))];
      return [id, tensor("float32", shape, randomNumbers(count, 5 + i))];
    }),
  );
}

/** Static, dynamic and both formats in turn. */
const choose = (n: number): Choice => {
  if (n % 4 === 0) return { mode: "static", use: n % 2 };
  return { mode: "dynamic", low: 0, high: 1, test: { rule: "kappa", tau: 1 + (n % 3), activation: "relu" } };
};

async function valuesOf(
  executor: Executor,
  graph: Graph,
  sample: Sample,
  given?: ReadonlyMap<string, Tensor>,
): Promise<{ seen: Map<string, Tensor>; executed: readonly ExecutedSite[] }> {
  const plan = planOf(graph, (_, n) => choose(n), { values: 1 });
  const session = await executor.prepare(graph, plan);
  const seen = new Map<string, Tensor>();
  await session.run(sample, {
    observe: (id, value) => seen.set(id, value),
    ...(given && { given: (id: string) => (graph.inputs.includes(id) ? undefined : given.get(id)) }),
  });
  return { seen, executed: session.executed };
}

for (const { name, missing, gpu } of testAdapters()) {
  describe(`${name}${missing ? `: skipped: ${missing}` : ""}`, () => {
    for (const model of list) {
      const without = missing !== null || model.file === null || (model.only ?? name) !== name;
      test.skipIf(without)(`${model.name}, site by site`, async () => {
        const imported = importModel({ bytes: readFileSync(model.file!), name: model.name });
        const sample = sampleFor(imported, model);
        const graph = prepareGraph(imported, sample, { weights: "ieee-e4m3", activations: null });
        const cpu = chained(createCpuBackend(), createReferenceBackend());
        const backend = await createWebGpuBackend({ gpu: gpu() });
        const expected = await valuesOf(createExecutor(cpu), graph, sample);
        const actual = await valuesOf(
          createExecutor(backend, { fallback: cpu }),
          graph,
          sample,
          expected.seen,
        );
        const sites = [...sumSites(graph), ...valueSites(graph)];
        for (const { node } of sites) {
          const id = graph.nodes.find((n) => n.id === node)!.outputs[0]!;
          const [one, other] = [actual.seen.get(id)!, expected.seen.get(id)!];
          expect(one.dims).toEqual(other.dims);
          const wrong = Array.from(other.data as Float32Array).findIndex(
            (x, i) => !Object.is(x, (one.data as Float32Array)[i]),
          );
          expect(wrong, `${node}: the first component that is another`).toBe(-1);
        }
        const elsewhere = actual.executed
          .filter(({ backend }) => backend !== "webgpu")
          .map(({ site }) => site);
        const left = graph.nodes.filter(({ id }) => elsewhere.includes(id)).map(({ op }) => op);
        const why = new Set(actual.executed.flatMap(({ substitution }) => substitution ?? []));
        // What adds up exponentials is the host's.
        const beyond = left.filter((op) => op !== "Softmax");
        expect(beyond, `left to the cpu: ${[...why].join("; ")}`).toEqual([]);
        const counts = (all: readonly ExecutedSite[]): unknown[] =>
          all
            .filter(({ site }) => sites.some(({ id }) => id === site))
            .map(({ site, components, recomputed }) => ({ site, components, recomputed }));
        expect(counts(actual.executed)).toEqual(counts(expected.executed));
        // Between sums, exp and the like differ by places: no more.
        for (const [id, value] of expected.seen) {
          if (!isFloat(value.elem) || sample.has(id)) continue;
          const others = actual.seen.get(id)!.data as Float32Array;
          const largest = (value.data as Float32Array).reduce((most, x) => Math.max(most, Math.abs(x)), 0);
          const apart = (value.data as Float32Array).reduce(
            (most, x, i) => Math.max(most, Math.abs(x - others[i]!)),
            0,
          );
          expect(apart, id).toBeLessThanOrEqual(largest * 2 ** -19);
        }
        backend.dispose();
      });
    }

    test.skipIf(missing !== null)("an executor on webgpu says which adapter it has", async () => {
      const opened = await openExecutor(["webgpu", "cpu"], { gpu: async () => gpu() });
      expect(opened.gpu).toMatchObject({ adapter: { software: true }, inexact: null });
      opened.dispose();
    });

    test.skipIf(missing !== null)("a session on webgpu says where everything ran", async () => {
      const session = await InferenceSession.create(path.join(models, "tiny", "model.onnx"), {
        executionProviders: ["webgpu", "cpu"],
        gpu: async () => gpu(),
        mode: "uniform",
        preset: "e4m3-f16",
      });
      const other = await InferenceSession.create(path.join(models, "tiny", "model.onnx"), {
        mode: "uniform",
        preset: "e4m3-f16",
      });
      const feeds = { [session.inputNames[0]!]: new ApiTensor("float32", randomNumbers(49, 3), [1, 49]) };
      const [one, two] = [await session.run(feeds), await other.run(feeds)];
      for (const id of session.outputNames) expect(one[id]!.data).toEqual(two[id]!.data);
      expect(session.executed.map(({ backend, substitution }) => [backend, substitution])).toEqual(
        session.executed.map(() => ["webgpu", null]),
      );
      await session.release();
      await other.release();
    });
  });
}
