// The reference backend: scalar, readable, binary64 inside. It is the oracle that others are compared with.
import {
  bodiesOf,
  isFloat,
  isTensor,
  storeRounding,
  type Accumulator,
  type Choice,
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
} from "../backend.js";
import { prepareTest, type PreparedTest } from "../recompute.js";
import { createSumEngine, type SumEngine } from "./accumulate.js";
import { kernels } from "./kernels/index.js";
import { measureSite } from "./measure.js";
import { exactSums, forEachComponent, magnitudesOf, narrowed, RowLoader, type Place } from "./components.js";
import type { ReferenceKernel, ValueContext, ValueKernel } from "./kernel.js";
import { isSumOp, productsOf, type Packed, type Products } from "./products.js";

export function createReferenceBackend(): KernelBackend {
  const packed: Packed = new WeakMap();
  return {
    name: "reference",
    kernelFor: (request) => (isSumOp(request.node.op) ? sumKernel(request, packed) : plainKernel(request)),
    probeFor: (node, site, accumulators) => ({
      kind: "probe",
      run: (inputs) => measureSite(node, site, inputs as (Tensor | null)[], accumulators, packed),
    }),
    upload: (value) => widened(value),
    download: (handle) => handle as RuntimeValue,
    free: () => undefined,
  };
}

/** Float tensors are held in binary64 inside, so that kernels are written once. */
function widened(value: RuntimeValue): RuntimeValue {
  if (!isTensor(value)) {
    if (value.kind === "sequence") return { ...value, items: value.items.map(widened) };
    return value.kind === "map" ? { ...value, values: widened(value.values) as Tensor } : value;
  }
  if (!isFloat(value.elem) || value.data instanceof Float64Array) return value;
  return { ...value, data: Float64Array.from(value.data as Float32Array) };
}

function plainKernel({ node, storage }: KernelRequest): Kernel {
  const kernel: ReferenceKernel | ValueKernel = kernels[node.op as keyof typeof kernels];
  const result = (values: readonly RuntimeValue[]): KernelResult => ({
    outputs: values.map((value) => (isTensor(value) ? stored(value, storage) : value)),
  });
  const run = (
    inputs: readonly (Handle | null)[],
    context: KernelContext,
  ): KernelResult | Promise<KernelResult> => {
    if (typeof kernel === "function") return result(kernel(inputs as (Tensor | null)[], node));
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

function sumKernel(request: KernelRequest, packed: Packed): Kernel {
  const { node, site, decision, accumulators, storage, seed, firstComponent } = request;
  const choices = decision && choicePerNeuron(request);

  const run = (inputs: readonly (Tensor | null)[], { salt, memo }: KernelContext): KernelResult => {
    const key = memo ? `${node.id}|${keyOf(memo, inputs)}` : "";
    const share = <T>(what: string, make: () => T): T => (memo ? memo.get(`${key}|${what}`, make) : make());
    const products = share(choices ? "products" : "exact products", () =>
      productsOf(node, choices ? narrowed(inputs) : inputs, site, packed),
    );
    if (!choices) return { outputs: [outputOf(inputs, products, exactSums(products), storage)] };

    const table = (a: Accumulator, what: string, terms: () => Products): SumTable => {
      // Only stochastic sums depend on the seeds.
      const drawn = a.rounding === "stochastic" ? `${seed}|${salt}` : "";
      const make = (): SumTable => new SumTable(createSumEngine(a, seed ^ salt), terms());
      return share(`${what}${JSON.stringify(a)}${drawn}`, make);
    };
    const tables = accumulators.map((a) => table(a, "", () => products));
    const magnitudes = (use: number): SumTable =>
      table(accumulators[use]!, "|W||h| ", () => magnitudesOf(products));
    const tests = new Map<Choice, PreparedTest & { magnitudes: SumTable | null }>();
    for (const choice of new Set(choices)) {
      if (choice.mode !== "dynamic") continue;
      const test = prepareTest(choice.test, salt);
      tests.set(choice, { ...test, magnitudes: test.needsMagnitude ? magnitudes(choice.low) : null });
    }

    const values = new Float64Array(products.groups * products.rows * products.columns);
    const counts = accumulators.map(() => 0);
    let recomputed = 0;
    let magnitudesComputed = 0;
    forEachComponent(products, (at, index, neuron) => {
      const choice = choices[neuron]!;
      if (choice.mode === "static") {
        counts[choice.use]!++;
        values[index] = tables[choice.use]!.at(at, index);
        return;
      }
      const test = tests.get(choice)!;
      const low = tables[choice.low]!.at(at, index);
      counts[choice.low]!++;
      const magnitude = test.magnitudes?.at(at, index) ?? NaN;
      if (test.magnitudes) magnitudesComputed++;
      if (!test.recompute(low, magnitude, firstComponent + index)) {
        values[index] = low;
        return;
      }
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
      const what = decision ? JSON.stringify([decision.ranges, accumulators, seed, context.salt]) : "exact";
      return memo.get(`${node.id}|${storage}|${keyOf(memo, inputs)}|${what}`, () => run(inputs, context));
    },
  };
}

function choicePerNeuron({ decision, site }: KernelRequest): Choice[] {
  const choices = new Array<Choice>(site?.neurons ?? 0);
  for (const { start, end, choice } of decision!.ranges) choices.fill(choice, start, end);
  return choices;
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

  constructor(
    private readonly engine: SumEngine,
    private readonly products: Products,
  ) {
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
    this.done[index] = 1;
    return (this.values[index] = engine.finish(
      sum,
      products.alpha,
      products.beta,
      products.bias(group, row, column),
    ));
  }
}
