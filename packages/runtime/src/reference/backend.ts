// The reference backend: scalar, readable, binary64 inside. It is the oracle that others are compared with.
import {
  bodiesOf,
  isFloat,
  isTensor,
  storeRounding,
  type Accumulator,
  type Decision,
  type Node,
  type RuntimeValue,
  type Tensor,
} from "@mpplan/ir";
import type {
  Handle,
  Kernel,
  KernelBackend,
  KernelContext,
  KernelRequest,
  KernelResult,
  ValueMeasurement,
} from "../backend.js";
import { prepareTest, type PreparedTest } from "../recompute.js";
import { createSumEngine, type SumEngine } from "./accumulate.js";
import { arranged, unscaler, type Arranged, type Unscaler } from "./arrange.js";
import { kernels } from "./kernels/index.js";
import { measureSite } from "./measure.js";
import { exactSums, forEachComponent, magnitudesOf, narrowed, RowLoader, type Place } from "./components.js";
import { addExactly, type AnyKernel, type SummingKernel, type ValueContext } from "./kernel.js";
import { isSumOp, productsOf, type Packed, type Products } from "./products.js";
import { decidedSums, watchSums } from "./values.js";

export function createReferenceBackend(): KernelBackend {
  const packed: Packed = new WeakMap();
  return {
    name: "reference",
    decidesValues: true,
    kernelFor: (request) => (isSumOp(request.node.op) ? sumKernel(request, packed) : plainKernel(request)),
    probeFor: (node, site, accumulators, arrangement) => ({
      kind: "probe",
      run: (inputs) =>
        measureSite(node, site, inputs as (Tensor | null)[], accumulators, packed, arrangement),
    }),
    upload: (value) => widened(value),
    download: (handle) => handle as RuntimeValue,
    free: () => undefined,
  };
}

/** What calibration measures of a node's value sums, given its exact inputs; null for a node that has none. */
export function measureValues(node: Node, inputs: readonly (Tensor | null)[]): ValueMeasurement | null {
  const kernel: AnyKernel | undefined = kernels[node.op as keyof typeof kernels];
  if (typeof kernel === "function" || kernel?.kind !== "summing") return null;
  return watchSums(
    kernel,
    node,
    inputs.map((t) => t && (widened(t) as Tensor)),
  );
}

/** Float tensors are held in binary64 inside, so that kernels are written once. */
function widened(value: RuntimeValue): RuntimeValue {
  if (!isTensor(value)) {
    if (value.kind === "sequence") return { ...value, items: value.items.map(widened) };
    return value.kind === "map" ? { ...value, values: widened(value.values) as Tensor } : value;
  }
  if (!isFloat(value.elem) || value.data instanceof Float64Array) return value;
  return { ...value, data: new Float64Array(value.data as Float32Array) };
}

function plainKernel(request: KernelRequest): Kernel {
  const { node, storage } = request;
  const kernel: AnyKernel = kernels[node.op as keyof typeof kernels];
  if (typeof kernel !== "function" && kernel.kind === "summing" && request.decision)
    return valueKernel(request, kernel, request.decision);
  const result = (values: readonly RuntimeValue[]): KernelResult => ({
    outputs: values.map((value) => (isTensor(value) ? stored(value, storage) : value)),
  });
  const run = (
    inputs: readonly (Handle | null)[],
    context: KernelContext,
  ): KernelResult | Promise<KernelResult> => {
    if (typeof kernel === "function") return result(kernel(inputs as (Tensor | null)[], node));
    if (kernel.kind === "summing") return result(kernel.run(inputs as (Tensor | null)[], node, addExactly));
    const values = inputs as (RuntimeValue | null)[];
    const outputs = kernel.run(values, node, {
      run: bodyRunner(values, node, context),
      round: (of) => context.round?.(of),
    });
    return outputs instanceof Promise ? outputs.then(result) : result(outputs);
  };
  const repeatable = bodiesOf(node).length === 0;
  return {
    kind: "kernel",
    run: (inputs, context) => {
      const { memo } = context;
      if (!memo || !repeatable) return run(inputs, context);
      return memo.get(`${node.id}|${storage}|${keyOf(memo, inputs)}`, () => run(inputs, context));
    },
  };
}

/** A node whose value sums a plan decides. */
function valueKernel(
  { node, storage, accumulators, seed }: KernelRequest,
  kernel: SummingKernel,
  decision: Decision,
): Kernel {
  const sums = decidedSums(kernel, node, decision, accumulators);
  const what = JSON.stringify([decision.ranges, accumulators, seed]);
  return {
    kind: "kernel",
    run: (handles, { salt, memo }) => {
      const run = (): KernelResult => {
        const { outputs, executed } = sums(handles as (Tensor | null)[], seed ^ salt);
        return { outputs: outputs.map((t) => stored(t, storage)), executed };
      };
      return memo ? memo.get(`${node.id}|${storage}|${keyOf(memo, handles)}|${what}|${salt}`, run) : run();
    },
  };
}

function bodyRunner(
  inputs: readonly (RuntimeValue | null)[],
  node: Node,
  { run }: KernelContext,
): ValueContext["run"] {
  return async (body, own) => {
    if (!run) throw new Error(`internal: ${node.op} runs without an executor`);
    const captured = body.captured.map((index) => inputs[index]!);
    return (await run(body, [...own, ...captured])) as RuntimeValue[];
  };
}

function keyOf(memo: NonNullable<KernelContext["memo"]>, inputs: readonly (Handle | null)[]): string {
  return inputs.map((input) => memo.idOf(input)).join(",");
}

/**
 * Between nodes a float32 value is a binary32 number, except in the exact reference. Narrower floats are rounded there
 * too: whoever wrote float16 into the model chose that rounding, and no plan can undo it.
 */
function stored(t: Tensor, storage: KernelRequest["storage"]): Tensor {
  const round = t.elem === "float32" && storage === "binary64" ? null : storeRounding(t.elem);
  if (!round) return t;
  const data = t.data as Float64Array;
  for (let i = 0; i < data.length; i++) data[i] = round(data[i]!);
  return t;
}

type Range = Decision["ranges"][number];

function sumKernel(request: KernelRequest, packed: Packed): Kernel {
  const { node, site, decision, accumulators, storage, seed, firstComponent } = request;
  const ranges = decision && rangePerNeuron(request);
  const layout = JSON.stringify(decision?.arrangement ?? null);

  const run = (inputs: readonly (Tensor | null)[], { salt, memo }: KernelContext): KernelResult => {
    const key = memo ? `${node.id}|${keyOf(memo, inputs)}` : "";
    const share = <T>(what: string, make: () => T): T => (memo ? memo.get(`${key}|${what}`, make) : make());
    const natural = share(ranges ? "products" : "exact products", () =>
      productsOf(node, ranges ? narrowed(inputs) : inputs, site, packed),
    );
    if (!ranges) return { outputs: [outputOf(inputs, natural, exactSums(natural), storage)] };

    const sums = share(`products ${layout}`, () => arranged(natural, decision.arrangement));
    const { products } = sums;
    const table = (a: Accumulator, what: string, terms: () => Arranged): SumTable => {
      // Only stochastic sums depend on the seeds.
      const drawn = a.rounding === "stochastic" ? `${seed}|${salt}` : "";
      const make = (): SumTable => new SumTable(a, seed ^ salt, terms());
      return share(`${what}${layout}${JSON.stringify(a)}${drawn}`, make);
    };
    const tables = accumulators.map((a) => table(a, "", () => sums));
    const magnitudes = (use: number): SumTable =>
      table(accumulators[use]!, "|W||h| ", () => ({ ...sums, products: magnitudesOf(products) }));

    const values = new Float64Array(products.groups * products.rows * products.columns);
    const again = new Uint8Array(values.length);
    const counts = accumulators.map(() => 0);
    const tests = new Map<Range, PreparedTest & { magnitudes: SumTable | null; members: Uint8Array }>();
    for (const range of new Set(ranges)) {
      const { choice } = range;
      if (choice.mode !== "dynamic") continue;
      const test = prepareTest(choice.test, salt);
      tests.set(range, {
        ...test,
        magnitudes: test.needsMagnitude ? magnitudes(choice.low) : null,
        members: new Uint8Array(test.kind === "row" ? values.length : 0),
      });
    }

    let magnitudesComputed = 0;
    forEachComponent(products, (at, index, neuron) => {
      const range = ranges[neuron]!;
      const { choice, start } = range;
      const use = choice.mode === "static" ? choice.use : choice.low;
      counts[use]!++;
      const value = (values[index] = tables[use]!.at(at, index));
      const test = tests.get(range);
      if (!test) return;
      if (test.kind === "row") {
        test.members[index] = 1;
        return;
      }
      const magnitude = test.magnitudes?.at(at, index) ?? NaN;
      if (test.magnitudes) magnitudesComputed++;
      if (test.recompute(value, magnitude, firstComponent + index, neuron - start)) again[index] = 1;
    });
    for (const test of tests.values()) {
      if (test.kind !== "row") continue;
      const first = outputOf(inputs, products, Float64Array.from(values), storage).data as Float64Array;
      test.choose(first, products.dims.at(-1) ?? 1, test.members, again);
    }
    let recomputed = 0;
    forEachComponent(products, (at, index, neuron) => {
      const { choice } = ranges[neuron]!;
      if (again[index] === 0 || choice.mode !== "dynamic") return;
      counts[choice.high]!++;
      recomputed++;
      values[index] = tables[choice.high]!.at(at, index);
    });
    return {
      outputs: [outputOf(inputs, products, values, storage)],
      executed: { components: counts, recomputed, magnitudes: magnitudesComputed, total: values.length },
    };
  };

  return {
    kind: "kernel",
    run(handles, context) {
      const inputs = handles as (Tensor | null)[];
      const { memo } = context;
      if (!memo) return run(inputs, context);
      const what = decision
        ? JSON.stringify([decision.ranges, accumulators, seed, context.salt]) + layout
        : "exact";
      return memo.get(`${node.id}|${storage}|${keyOf(memo, inputs)}|${what}`, () => run(inputs, context));
    },
  };
}

function rangePerNeuron({ decision, site }: KernelRequest): Range[] {
  const ranges = new Array<Range>(site?.neurons ?? 0);
  for (const range of decision!.ranges) ranges.fill(range, range.start, range.end);
  return ranges;
}

function outputOf(
  inputs: readonly (Tensor | null)[],
  products: Products,
  data: Float64Array,
  storage: KernelRequest["storage"],
): Tensor {
  return stored({ elem: inputs[0]!.elem, dims: products.dims, data }, storage);
}

/** The sums of one run in one accumulator, each computed when first asked for. */
class SumTable {
  private readonly values: Float64Array;
  private readonly done: Uint8Array;
  private readonly loader: RowLoader;

  private readonly engine: SumEngine;
  private readonly products: Products;
  private readonly unscaled: Unscaler | null;

  constructor(accumulator: Accumulator, seed: number, arranged: Arranged) {
    const products = (this.products = arranged.products);
    this.engine = createSumEngine(accumulator, seed);
    this.unscaled = unscaler(arranged, accumulator);
    const size = products.groups * products.rows * products.columns;
    this.values = new Float64Array(size);
    this.done = new Uint8Array(size);
    this.loader = new RowLoader(products);
  }

  at(place: Place, index: number): number {
    if (this.done[index] === 1) return this.values[index]!;
    const { engine, products } = this;
    const { group, row, column } = place;
    engine.seed(index);
    const from = (group * products.columns + column) * products.length;
    const sum = engine.sum(products.weights, from, this.loader.row(place), 0, products.length);
    const value = engine.finish(sum, products.alpha, products.beta, products.bias(group, row, column));
    this.done[index] = 1;
    return (this.values[index] = this.unscaled?.(value, products.neuron(group, column)) ?? value);
  }
}
