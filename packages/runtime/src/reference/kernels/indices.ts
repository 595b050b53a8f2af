// Indices that come as data: checked against the axis they count along.
import { shapeError, toNumbers, type Node, type Tensor } from "@mpplan/ir";

/** The indices counted from the front. @throws IrError where one is out of range. */
export function indicesInto(node: Node, indices: Tensor, size: number): number[] {
  return toNumbers(indices).map((index) => indexInto(node, index, size));
}

/** One index counted from the front. @throws IrError where it is out of range. */
export function indexInto(node: Node, index: number, size: number): number {
  if (index >= -size && index < size) return index < 0 ? index + size : index;
  throw shapeError(
    node,
    `${node.op} has the index ${index}, but the axis has only ${size} elements`,
    "check the indices that the model is given or computes",
  );
}
