// What the operators on binary32 data share.
import { ops, type InferContext, type Node, type Tensor, type TensorType } from "@mpplan/ir";

/** Null where the inputs are not of the kind that it is for. */
export type FastRun = (inputs: readonly (Tensor | null)[], node: Node) => Tensor[] | null;

/** Adds up the first `count` terms, which are binary32 numbers. */
export type Sum = (terms: Float64Array, count: number) => number;

export function floats(t: Tensor): Float32Array | null {
  return t.elem === "float32" && t.data instanceof Float32Array ? t.data : null;
}

export function outputDims(inputs: readonly (Tensor | null)[], node: Node): number[] {
  const context: InferContext = {
    node,
    inputs: inputs.map(
      (t, i) => t && { id: node.inputs[i] ?? "", type: { elem: t.elem, shape: t.dims }, constant: t },
    ),
  };
  return (ops[node.op].infer(context)[0] as TensorType).shape as number[];
}
