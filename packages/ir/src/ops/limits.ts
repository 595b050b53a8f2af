// How large a value may be. A hostile file asks for 2^62 elements in a few bytes; it is refused before anything
// is allocated.
import { printType, type Dim, type ElementType, type TensorType } from "../types.js";
import { shapeError } from "./define.js";
import type { Node } from "../graph.js";

/** The most elements that a tensor may have. */
export const maxElements = 2 ** 31;

/**
 * The type of an output, its size checked. Unknown dimensions count as 1: what is known is too large by itself.
 * @throws IrError `shape`
 */
export function checkedType(node: Node, elem: ElementType, shape: readonly Dim[] | null): TensorType {
  const type = { elem, shape };
  const known = (shape ?? []).filter((dim) => typeof dim === "number");
  const bad = known.find((dim) => !Number.isInteger(dim) || dim < 0);
  if (bad !== undefined)
    throw shapeError(node, `${node.op} would yield ${printType(type)}, and ${bad} is no size`);
  // A product that leaves the integers has left the limit before. 0 x Infinity is NaN, so look for 0 first.
  const elements = known.includes(0) ? 0 : known.reduce((product, dim) => product * dim, 1);
  if (elements > maxElements) {
    throw shapeError(
      node,
      `${node.op} would yield ${printType(type)}, more than 2^31 elements`,
      "check the sizes in the model; tensors of more than 2^31 elements are not supported",
    );
  }
  return type;
}
