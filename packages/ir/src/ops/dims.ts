// Arithmetic with dimensions that may be unknown, and with axes. Operators share it; it knows none of them.
import { shapeError } from "./define.js";
import type { Node } from "../graph.js";
import type { Dim } from "../types.js";

/** The axis counted from the front. `last` is the largest one allowed: rank - 1, or rank for Flatten. */
export function normalizeAxis(node: Node, axis: number, rank: number, last = rank - 1): number {
  const fromFront = axis < 0 ? axis + rank : axis;
  if (Number.isInteger(axis) && fromFront >= 0 && fromFront <= last) return fromFront;
  throw shapeError(node, `the axis ${axis} of ${node.op} is out of range for a tensor of rank ${rank}`);
}

/** The axes counted from the front, in their order. @throws IrError where one is repeated or out of range. */
export function normalizeAxes(node: Node, axes: readonly number[], rank: number): number[] {
  const normalized = axes.map((axis) => normalizeAxis(node, axis, rank));
  if (new Set(normalized).size === normalized.length) return normalized;
  throw shapeError(node, `the axes [${axes.join(", ")}] of ${node.op} name one axis twice`);
}

/** Multidirectional broadcasting as in ONNX and numpy: aligned at the last axis, 1 stretches. */
export function broadcastShapes(
  node: Node,
  a: readonly Dim[] | null,
  b: readonly Dim[] | null,
): Dim[] | null {
  if (!a || !b) return null;
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const x = a[axis - rank + a.length] ?? (axis < rank - a.length ? 1 : null);
    const y = b[axis - rank + b.length] ?? (axis < rank - b.length ? 1 : null);
    if (x === y || y === 1) return x;
    if (x === 1) return y;
    if (typeof x === "number" && typeof y === "number") {
      throw shapeError(
        node,
        `${node.op} cannot broadcast ${printShape(a)} with ${printShape(b)}: ${x} meets ${y}`,
      );
    }
    // A size other than 1 decides: whatever is unknown must be that size or 1.
    if (typeof x === "number") return x;
    return typeof y === "number" ? y : null;
  });
}

/** What is known of a dimension that two inputs share. @throws IrError where they disagree. */
export function mergeDims(node: Node, a: Dim, b: Dim, what: string): Dim {
  if (typeof a === "number" && typeof b === "number" && a !== b) {
    throw shapeError(node, `${what}: ${a} against ${b}`);
  }
  if (typeof a === "number") return a;
  return typeof b === "number" ? b : (a ?? b);
}

/** True where both are known and the first is larger. */
export function exceeds(a: Dim | undefined, b: Dim | undefined): boolean {
  return typeof a === "number" && typeof b === "number" && a > b;
}

/** The product: a name survives if it is multiplied by ones only. */
export function productOfDims(dims: readonly Dim[]): Dim {
  const known = dims.filter((dim) => typeof dim === "number").reduce((product, dim) => product * dim, 1);
  const open = dims.filter((dim) => typeof dim !== "number");
  if (open.length === 0 || known === 0) return known;
  return known === 1 && open.length === 1 ? open[0]! : null;
}

/** The product of the dims that are known: what a sum site counts, where an open batch is one sample. */
export function productOfKnown(dims: readonly Dim[]): number {
  return dims.reduce<number>((product, dim) => (typeof dim === "number" ? product * dim : product), 1);
}

export function printShape(shape: readonly Dim[]): string {
  return `[${shape.map((dim) => dim ?? "?").join(", ")}]`;
}
