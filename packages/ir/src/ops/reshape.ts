import { constantInts } from "./checks.js";
import { defineOp, inputType, intAttr, shapeError } from "./define.js";
import { printShape, productOfDims } from "./dims.js";
import { checkedType } from "./limits.js";
import type { Node } from "../graph.js";
import type { Dim } from "../types.js";

/**
 * The same elements under another shape. Inputs: data, shape. A 0 copies the dimension at that place (with
 * `allowzero` it means 0), and one -1 takes what is left.
 */
export const reshape = defineOp({
  name: "Reshape",
  arity: [2, 2],
  attributes: { allowzero: { type: "int", default: 0 } },
  infer(context) {
    const { node } = context;
    const { elem, shape } = inputType(context, 0);
    const target = constantInts(context, 1, "shape");
    if (target) return [checkedType(node, elem, reshaped(node, shape, target))];
    const rank = context.inputs[1]?.type?.shape?.[0];
    const open = typeof rank === "number" && rank <= maxRank ? new Array<Dim>(rank).fill(null) : null;
    return [{ elem, shape: open }];
  },
});

/** More axes than any tensor has: a shape tensor of a million unknown entries is not worth a list of nulls. */
const maxRank = 64;

function reshaped(node: Node, input: readonly Dim[] | null, target: readonly number[]): Dim[] {
  const asked = `Reshape to [${target.join(", ")}]`;
  const zeroCopies = intAttr(node, "allowzero") === 0;
  const open = target.indexOf(-1);
  if (target.some((size) => size < -1)) throw shapeError(node, `${asked} has a negative size`);
  if (open !== target.lastIndexOf(-1)) throw shapeError(node, `${asked} leaves more than one size open (-1)`);
  if (!zeroCopies && open !== -1 && target.includes(0)) {
    throw shapeError(node, `${asked} with allowzero has a 0, so its -1 could be anything`);
  }
  const copies = (axis: number): boolean => zeroCopies && target[axis] === 0;
  if (input && target.some((_, axis) => copies(axis) && axis >= input.length)) {
    throw shapeError(
      node,
      `${asked} copies (0) a dimension that the input ${printShape(input)} does not have`,
    );
  }
  const output = target.map<Dim>((size, axis) =>
    copies(axis) ? (input?.[axis] ?? null) : size < 0 ? null : size,
  );
  if (!input) return output;

  // Copied dimensions cancel, whatever they are: [N, 3, 4] to [0, -1] leaves 12 also where N is unknown, or 0.
  const given = input.filter((_, axis) => !copies(axis));
  const fixed = target.filter((size, axis) => size >= 0 && !copies(axis)).reduce((a, b) => a * b, 1);
  const left = quotient(given, fixed);
  if (left === "uneven" || (open === -1 && typeof left === "number" && left !== 1)) {
    throw shapeError(node, `${asked} does not have as many elements as the input ${printShape(input)}`);
  }
  if (open !== -1) output[open] = left;
  return output;
}

/** The product of the dims divided by a size, exactly; null where unknown. */
function quotient(dims: readonly Dim[], divisor: number): Dim | "uneven" {
  const names = dims.filter((dim) => typeof dim !== "number");
  const known = productOfDims(dims.filter((dim) => typeof dim === "number")) as number;
  if (names.length > 0) return names.length === 1 && known === divisor && known > 0 ? names[0]! : null;
  if (divisor === 0) return known === 0 ? 1 : "uneven";
  return known % divisor === 0 ? known / divisor : "uneven";
}
