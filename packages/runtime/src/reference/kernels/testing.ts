// For the tests beside the kernels only: tensors and one-node runs in few words.
import {
  allocate,
  isFloat,
  ops,
  tensor,
  type Attrs,
  type AttrSpec,
  type AttrValue,
  type ElementType,
  type Node,
  type Tensor,
} from "@mpplan/ir";
import { addExactly, type AnyKernel } from "../kernel.js";
import { kernels } from "./index.js";

export type KernelName = keyof typeof kernels;

/** A tensor as kernels get it: floats in binary64. */
export function of(
  elem: ElementType,
  dims: readonly number[],
  list: readonly (number | bigint | string)[],
): Tensor {
  if (isFloat(elem)) return tensor(elem, dims, Float64Array.from(list as number[]));
  if (elem === "string") return tensor(elem, dims, list.map(String));
  const data = allocate(elem, list.length);
  list.forEach((x, i) => (data[i] = elem.endsWith("int64") ? BigInt(x) : Number(x)));
  return tensor(elem, dims, data);
}

export function floats(dims: readonly number[], list: readonly number[]): Tensor {
  return of("float32", dims, list);
}

/** A list of int64. */
export function ints(...list: number[]): Tensor {
  return of("int64", [list.length], list);
}

/** 0, 1, 2, ... */
export function counting(...dims: number[]): Tensor {
  const size = dims.reduce((a, b) => a * b, 1);
  return floats(
    dims,
    Array.from({ length: size }, (_, i) => i),
  );
}

export function nodeOf(
  op: KernelName,
  inputs: readonly (Tensor | null)[],
  attrs: Attrs = {},
  outputs = ["y"],
): Node {
  const defaults: Record<string, AttrValue> = {};
  for (const [name, spec] of Object.entries<AttrSpec>(ops[op].attributes)) {
    if ("default" in spec && spec.default !== undefined) defaults[name] = spec.default;
  }
  return {
    id: "n",
    op,
    inputs: inputs.map((t, i) => t && `x${i}`),
    outputs,
    attrs: { ...defaults, ...attrs },
    origin: { name: "n", opType: op, domain: "", opset: 17 },
  };
}

export function run(
  op: KernelName,
  inputs: readonly (Tensor | null)[],
  attrs?: Attrs,
  outputs?: string[],
): Tensor[] {
  return runNode(nodeOf(op, inputs, attrs, outputs), inputs);
}

export function runNode(node: Node, inputs: readonly (Tensor | null)[]): Tensor[] {
  const kernel: AnyKernel = kernels[node.op as KernelName];
  if (typeof kernel === "function") return kernel(inputs, node);
  if (kernel.kind === "summing") return kernel.run(inputs, node, addExactly);
  const run = (): never => {
    throw new Error("a test of one node runs no bodies");
  };
  return kernel.run(inputs, node, { run, round: () => undefined }) as Tensor[];
}

/** The elements of the first output. */
export function listAfter(
  op: KernelName,
  inputs: readonly (Tensor | null)[],
  attrs?: Attrs,
): (number | bigint)[] {
  return Array.from(run(op, inputs, attrs)[0]!.data as ArrayLike<number | bigint>);
}
