// What a reference kernel is: a plain function from tensors to tensors, written like the formula.
import type { Node, Tensor } from "@mpplan/ir";

/**
 * Computes a node that carries out no planned sum. Float tensors come in as Float64Array whatever their
 * element type, and go out so; the executor rounds what has to be rounded when it stores a value.
 */
export type ReferenceKernel = (inputs: readonly (Tensor | null)[], node: Node) => Tensor[];

/** The input at `index`, which the importer has made sure is there. */
export function need(inputs: readonly (Tensor | null)[], index: number, node: Node): Tensor {
  const t = inputs[index];
  if (!t) throw new Error(`internal: ${node.op} runs without its input ${index}`);
  return t;
}
