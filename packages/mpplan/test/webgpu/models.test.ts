// Whole models on WebGPU under static, dynamic and hybrid plans. Emulated: every site that is given the reference's
// inputs yields its bits. Native: within the interval of the device's own roundings.
import { isFloat, sumSites, valueSites, type Choice, type ExecutedSite, type Graph } from "@mpplan/ir";
import type { Plan, Sample, Tensor } from "@mpplan/ir";
import { createExecutor, createReferenceBackend, type Executor } from "@mpplan/runtime";
import { createCpuBackend } from "@mpplan/runtime-cpu";
import { createWebGpuBackend, type WebGpuBackend } from "@mpplan/runtime-webgpu";
import { testAdapters } from "@mpplan/testkit/node";
import { afterAll, describe, expect, test } from "vitest";
import { lowHigh, planOf } from "../../../ir/src/testing.js";
import { chained } from "../../src/chained.js";
import { nativeKind } from "../../../runtime-webgpu/src/wgsl/native.js";
import { modelList, openFor, type Model } from "./models.js";

const dynamic = (n: number): Choice => ({
  ...{ mode: "dynamic", low: 0, high: 1 },
  test: { rule: "kappa", tau: 1 + (n % 3), activation: "relu" },
});

/** What becomes of neuron n: formats alternate, so do the tests, and in hybrid plans both kinds of choice. */
const modes: Readonly<Record<string, (n: number) => Choice>> = {
  static: (n) => ({ mode: "static", use: n % 2 }),
  dynamic,
  hybrid: (n) => (n % 4 === 0 ? { mode: "static", use: (n / 4) % 2 } : dynamic(n)),
};

/** Of both accumulators. */
const block = 8;

const cpuBackend = chained(createCpuBackend(), createReferenceBackend());
const cpu = createExecutor(cpuBackend);

interface Seen {
  readonly values: ReadonlyMap<string, Tensor>;
  readonly executed: readonly ExecutedSite[];
}

/** All values of a run; with `given`, every node is given those inputs instead of what the nodes before it made. */
async function valuesOf(
  executor: Executor,
  graph: Graph,
  sample: Sample,
  plan: Plan | "reference",
  given?: ReadonlyMap<string, Tensor>,
): Promise<Seen> {
  const session = await executor.prepare(graph, plan);
  const values = new Map<string, Tensor>();
  await session.run(sample, {
    observe: (id, value) => values.set(id, value),
    ...(given && { given: (id: string) => (graph.inputs.includes(id) ? undefined : given.get(id)) }),
  });
  session.dispose();
  return { values, executed: session.executed };
}

/** A model with what it is compared with, each computed when it is first asked for: both adapters and all modes share it. */
class Expected {
  private readonly opened: ReturnType<typeof openFor>;
  private readonly runs = new Map<string, Promise<Seen>>();
  private sums: Promise<Exact> | null = null;

  constructor(model: Model) {
    this.opened = openFor(model);
  }

  get graph(): Graph {
    return this.opened.graph;
  }

  get sample(): Sample {
    return this.opened.sample;
  }

  plan(mode: string): Plan {
    return planOf(this.graph, (_, n) => modes[mode]!(n), { values: 1 });
  }

  /** By the cpu backend, which is the reference's bits. */
  under(mode: string): Promise<Seen> {
    let run = this.runs.get(mode);
    if (!run) this.runs.set(mode, (run = valuesOf(cpu, this.graph, this.sample, this.plan(mode))));
    return run;
  }

  exact(): Promise<Exact> {
    return (this.sums ??= exactOf(this.graph, this.sample));
  }
}

interface Exact {
  readonly values: ReadonlyMap<string, Tensor>;
  /** The values rounded to binary32. */
  readonly stored: ReadonlyMap<string, Tensor>;
  readonly measured: ReadonlyMap<string, { magnitude: Float64Array; neurons: Int32Array }>;
}

async function exactOf(graph: Graph, sample: Sample): Promise<Exact> {
  const { values } = await valuesOf(cpu, graph, sample, "reference");
  const measured = new Map<string, { magnitude: Float64Array; neurons: Int32Array }>();
  const probe = await cpu.probe(graph, []);
  await probe.run(sample, ({ node }, { magnitude, neurons }) => measured.set(node, { magnitude, neurons }));
  const stored = [...values].map(([id, t]): [string, Tensor] => [
    id,
    isFloat(t.elem) ? { ...t, data: Float32Array.from(t.data as Float64Array) } : t,
  ]);
  return { values, stored: new Map(stored), measured };
}

const known = new Map<Model, Expected>();

function expectedOf(model: Model): Expected {
  let expected = known.get(model);
  if (!expected) known.set(model, (expected = new Expected(model)));
  return expected;
}

const outputOf = (graph: Graph, node: string): string =>
  graph.nodes.find(({ id }) => id === node)!.outputs[0]!;

/** The largest distance over the largest number. */
function relativeDistance(one: ArrayLike<number>, other: ArrayLike<number>): number {
  let [apart, largest] = [0, 0];
  for (let i = 0; i < one.length; i++) {
    apart = Math.max(apart, Math.abs(one[i]! - other[i]!));
    largest = Math.max(largest, Math.abs(other[i]!));
  }
  return apart === 0 ? 0 : apart / largest;
}

async function emulated(model: Expected, backend: WebGpuBackend, mode: string): Promise<void> {
  const { graph, sample } = model;
  const expected = await model.under(mode);
  const executor = createExecutor(backend, { fallback: cpuBackend });
  const actual = await valuesOf(executor, graph, sample, model.plan(mode), expected.values);
  const sites = [...sumSites(graph), ...valueSites(graph)];
  for (const { node } of sites) {
    const id = outputOf(graph, node);
    const [one, other] = [actual.values.get(id)!, expected.values.get(id)!];
    expect(one.dims).toEqual(other.dims);
    const bits = one.data as Float32Array;
    const wrong = (other.data as Float32Array).findIndex((x, i) => !Object.is(x, bits[i]));
    expect(wrong, `${node}: the first component that is another`).toBe(-1);
  }
  const elsewhere = actual.executed.filter(({ backend }) => backend !== "webgpu").map(({ site }) => site);
  const left = graph.nodes.filter(({ id }) => elsewhere.includes(id)).map(({ op }) => op);
  const why = new Set(actual.executed.flatMap(({ substitution }) => substitution ?? []));
  expect(left, `left to the cpu: ${[...why].join("; ")}`).toEqual([]);
  const counts = (all: readonly ExecutedSite[]): unknown[] =>
    all
      .filter(({ site }) => sites.some(({ id }) => id === site))
      .map(({ site, components, recomputed }) => ({ site, components, recomputed }));
  expect(counts(actual.executed)).toEqual(counts(expected.executed));
  if (mode !== "static") expect(actual.executed.some(({ recomputed }) => recomputed > 0)).toBe(true);
  // Between sums, exp and the like differ by places: no more.
  for (const [id, value] of expected.values) {
    if (!isFloat(value.elem) || sample.has(id)) continue;
    const apart = relativeDistance(actual.values.get(id)!.data as Float32Array, value.data as Float32Array);
    expect(apart, id).toBeLessThanOrEqual(2 ** -19);
  }
}

type Kind = "f16" | "f32";

/**
 * Twice gamma_n |W||h|, gamma_n = n u / (1 - n u), for a product and a sum rounded at every step of a term's way through
 * its block and past the other blocks: Higham, ASNA, ch. 3 and 4; and for binary16 as many halves of its smallest number.
 * The inputs are binary32, one rounding of each.
 */
function interval(kind: Kind, length: number, magnitude: number): number {
  const u = kind === "f16" ? 2 ** -11 : 2 ** -24;
  const n = 2 * (block + Math.ceil(length / block) + 3);
  if (n * u >= 1) throw new Error(`no interval holds for ${length} terms`);
  return ((n * u) / (1 - n * u)) * magnitude + (kind === "f16" ? 2 * (length + 3) * 2 ** -25 : 0);
}

/** In the device's own arithmetic, beside exact sums of the same inputs. */
async function native(model: Expected, backend: WebGpuBackend, mode: string): Promise<void> {
  const { graph, sample } = model;
  const exact = await model.exact();
  const plan: Plan = { ...model.plan(mode), semantics: "floor" };
  const executor = createExecutor(backend, { fallback: cpuBackend });
  const actual = await valuesOf(executor, graph, sample, plan, exact.stored);
  const kinds = lowHigh.map((a) => nativeKind(a, backend.adapter.halves));
  for (const { node, length } of sumSites(graph)) {
    const id = outputOf(graph, node);
    const [is, right] = [actual.values.get(id)!.data, exact.values.get(id)!.data] as Float64Array[];
    const { magnitude, neurons } = exact.measured.get(node)!;
    const beyond = right!.findIndex((x, i) => {
      const choice = modes[mode]!(neurons[i]!);
      const kind = kinds[choice.mode === "static" ? choice.use : choice.low]!;
      return !(Math.abs(is![i]! - x) <= interval(kind, length, magnitude[i]!));
    });
    expect(beyond, `${node}: the first component outside of its interval`).toBe(-1);
  }
  for (const { node } of valueSites(graph)) {
    const id = outputOf(graph, node);
    const [is, right] = [actual.values.get(id)!.data, exact.values.get(id)!.data] as Float64Array[];
    expect(relativeDistance(is!, right!), node).toBeLessThanOrEqual(2 ** -17);
  }
  const sums = new Set([...sumSites(graph), ...valueSites(graph)].map(({ id }) => id));
  const own = actual.executed.filter(({ site }) => sums.has(site));
  expect(own.map(({ backend }) => backend)).toEqual(own.map(() => "webgpu"));
  for (const { substitution } of own) expect(substitution).toMatch(/^the device's own arithmetic/);
}

for (const { name, missing, gpu } of testAdapters()) {
  describe(`${name}${missing ? `: skipped: ${missing}` : ""}`, () => {
    let opened: Promise<WebGpuBackend> | undefined;
    const backend = (): Promise<WebGpuBackend> => (opened ??= createWebGpuBackend({ gpu: gpu() }));
    afterAll(async () => (await opened)?.dispose());

    for (const model of modelList) {
      describe.skipIf(missing !== null || model.file === null)(model.name, () => {
        for (const mode of Object.keys(modes)) {
          test(`${mode}, emulated: the reference's bits, site by site`, async () => {
            await emulated(expectedOf(model), await backend(), mode);
          });
          test(`${mode}, native: within its interval, site by site`, async () => {
            await native(expectedOf(model), await backend(), mode);
          });
        }
      });
    }
  });
}
