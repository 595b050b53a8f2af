import { constantInts, hasInput, sharedElement, shapeOf } from "./checks.js";
import { defineOp, shapeError, stringAttr, type InferContext } from "./define.js";
import { normalizeAxes } from "./dims.js";
import { checkedType } from "./limits.js";
import type { Node } from "../graph.js";
import type { Dim } from "../types.js";

const modes = ["constant", "edge", "reflect", "wrap"] as const;

/** What the padding holds: a constant, the border, the mirrored input, or its other end. */
export type PadMode = (typeof modes)[number];

/** Padding per axis of the input. Negative amounts crop, before anything is padded. */
export interface PadAmounts {
  readonly begin: readonly number[];
  readonly end: readonly number[];
}

/**
 * The input with elements added, or taken away, before and after every axis. Inputs: data, pads (all that go
 * before, then all that go after), value (0 if left out), axes (all if left out).
 */
export const pad = defineOp({
  name: "Pad",
  arity: [2, 4],
  attributes: { mode: { type: "string", default: "constant", oneOf: modes } },
  infer(context) {
    const { node } = context;
    const elem = sharedElement(context, "any", [0, 2]);
    const shape = shapeOf(context, 0);
    const amounts = shape && padAmounts(context, shape.length);
    if (!shape) return [{ elem, shape }];
    if (!amounts) return [{ elem, shape: shape.map(() => null) }];
    const output = shape.map((dim, axis) =>
      padded(node, dim, amounts.begin[axis]!, amounts.end[axis]!, axis),
    );
    return [checkedType(node, elem, output)];
  },
});

/** The pads of every axis, or null where they are not constant. */
export function padAmounts(context: InferContext, rank: number): PadAmounts | null {
  const { node } = context;
  const pads = constantInts(context, 1, "pads");
  const axes = constantInts(context, 3, "axes");
  if (!pads || (hasInput(context, 3) && !axes)) return null;
  const chosen = axes ? normalizeAxes(node, axes, rank) : Array.from({ length: rank }, (_, i) => i);
  if (pads.length !== 2 * chosen.length) {
    throw shapeError(node, `Pad needs 2 x ${chosen.length} pads, but has ${pads.length}`);
  }
  const begin = new Array<number>(rank).fill(0);
  const end = new Array<number>(rank).fill(0);
  chosen.forEach((axis, i) => {
    begin[axis] = pads[i]!;
    end[axis] = pads[i + chosen.length]!;
  });
  return { begin, end };
}

export function mode(node: Node): PadMode {
  return stringAttr(node, "mode") as PadMode;
}

function padded(node: Node, dim: Dim, begin: number, end: number, axis: number): Dim {
  if (begin === 0 && end === 0) return dim;
  if (typeof dim !== "number") return null;
  const kept = dim + Math.min(begin, 0) + Math.min(end, 0);
  if (kept < 0) {
    throw shapeError(node, `Pad takes away ${dim - kept} elements of axis ${axis}, which has only ${dim}`);
  }
  if (kept === 0 && Math.max(begin, end) > 0 && mode(node) !== "constant") {
    throw shapeError(node, `Pad has nothing to repeat along axis ${axis}, which is empty`);
  }
  return dim + begin + end;
}
