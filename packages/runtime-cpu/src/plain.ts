// Operators without sums, on binary32 data: the frequent ones by themselves, all others as the reference computes them.
// Every value is what the reference stores: computed in binary64, rounded once to binary32.
import { floatAttr, inStorage, type Node, type Tensor } from "@mpplan/ir";
import { createReferenceBackend, type Kernel, type KernelRequest } from "@mpplan/runtime";
import { add, div, mul, sub } from "./broadcast.js";
import { floats, outputDims, type FastRun } from "./floats.js";
import { batchNormalization, softmax } from "./normalizations.js";
import { averagePool, globalAveragePool, maxPool } from "./pools.js";

const reference = createReferenceBackend();

export type PlainRun = (inputs: readonly (Tensor | null)[]) => Tensor[];

/** How to compute such a node. */
export function plainRun(request: KernelRequest): PlainRun {
  const { node, storage } = request;
  const other = fromReference(request);
  const fast = fastRuns[node.op as keyof typeof fastRuns] as FastRun | undefined;
  if (!fast) return other;
  return (inputs) => (storage === "binary32" && fast(inputs, node)) || other(inputs);
}

const sameElements: FastRun = (inputs, node) => {
  const x = inputs[0]!;
  return [{ ...x, dims: outputDims(inputs, node) }];
};

const fastRuns = {
  Add: add,
  AveragePool: averagePool,
  BatchNormalization: batchNormalization,
  Clip: (inputs) => {
    const [low, high] = [inputs[1], inputs[2]].map((t) => t && Number(t.data[0]));
    return mapped(inputs[0]!, (x) => {
      const raised = x < (low ?? -Infinity) ? low! : x;
      return raised > (high ?? Infinity) ? high! : raised;
    });
  },
  Div: div,
  Flatten: sameElements,
  GlobalAveragePool: globalAveragePool,
  Identity: (inputs) => [{ ...inputs[0]! }],
  LeakyRelu: (inputs, node) => {
    const alpha = floatAttr(node, "alpha");
    return mapped(inputs[0]!, (x) => (x < 0 ? alpha * x : x));
  },
  MaxPool: maxPool,
  Mul: mul,
  Relu: (inputs) => {
    const data = floats(inputs[0]!);
    if (!data) return null;
    const out = new Float32Array(data.length);
    for (let i = 0; i < out.length; i++) {
      const x = data[i]!;
      out[i] = x > 0 || x !== x ? x : 0;
    }
    return [{ ...inputs[0]!, data: out }];
  },
  Reshape: sameElements,
  Sigmoid: (inputs) =>
    mapped(inputs[0]!, (x) => {
      const e = Math.exp(-Math.abs(x));
      return x >= 0 ? 1 / (1 + e) : e / (1 + e);
    }),
  Softmax: softmax,
  Squeeze: sameElements,
  Sub: sub,
  Tanh: (inputs) => mapped(inputs[0]!, Math.tanh),
  Unsqueeze: sameElements,
} satisfies Partial<Record<Node["op"], FastRun>>;

function mapped(t: Tensor, f: (x: number) => number): Tensor[] | null {
  const data = floats(t);
  if (!data) return null;
  const out = new Float32Array(data.length);
  for (let i = 0; i < out.length; i++) out[i] = f(data[i]!);
  return [{ ...t, data: out }];
}

function fromReference(request: KernelRequest): PlainRun {
  const kernel = reference.kernelFor(request) as Kernel;
  return (inputs) => {
    const wide = inputs.map((t) => t && reference.upload(t));
    const result = kernel.run(wide, { salt: 0, memo: null });
    if (result instanceof Promise) throw new Error("internal: the reference backend is synchronous");
    return (result.outputs as Tensor[]).map((t) => (request.storage === "binary32" ? narrowed(t) : t));
  };
}

/** As it is kept between nodes: float32 values, and narrower ones, as binary32. */
export const narrowed = inStorage;
