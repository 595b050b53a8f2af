import { hasInput, requireElement, sharedElement, shapeOf } from "./checks.js";
import { defineOp, inputType, intAttr, shapeError, type InferContext } from "./define.js";

/**
 * Turns pairs of elements of every head by an angle that depends on the position. Inputs: X [batch, heads, sequence,
 * size] or [batch, sequence, heads x size], the cosines and sines of the angles ([positions, pairs] with positions
 * as the fourth input [batch, sequence], else [batch, sequence, pairs]). Every element is a sum of two products.
 */
export const rotaryEmbedding = defineOp({
  name: "RotaryEmbedding",
  arity: [3, 4],
  attributes: {
    /** 1: neighbours are a pair; 0: an element of the first half and its partner of the second. */
    interleaved: { type: "int", default: 0 },
    num_heads: { type: "int", default: 0 },
    /** How many elements of a head are turned; 0: all. */
    rotary_embedding_dim: { type: "int", default: 0 },
  },
  infer(context) {
    const { node } = context;
    const type = inputType(context, 0);
    sharedElement(context, "float", [0, 1, 2]);
    const positions = hasInput(context, 3);
    if (positions) {
      requireElement(node, inputType(context, 3).elem, "index", "position_ids");
      shapeOf(context, 3, 2, 2);
    }
    const width = [1, 2].map((i) => shapeOf(context, i, positions ? 2 : 3, positions ? 2 : 3)?.at(-1));
    const sizes = rotarySizes(context);
    const narrow = width.find((w) => typeof w === "number" && sizes && w < sizes.turned / 2);
    if (narrow !== undefined) {
      throw shapeError(
        node,
        `RotaryEmbedding turns ${sizes!.turned / 2} pairs, but its caches have ${narrow} angles`,
      );
    }
    return [type];
  },
});

/** How many heads there are, of how many elements, and how many of these are turned; null where not known. */
export function rotarySizes(context: InferContext): { heads: number; size: number; turned: number } | null {
  const { node } = context;
  const shape = shapeOf(context, 0, 3, 4);
  if (!shape) return null;
  const given = intAttr(node, "num_heads");
  if (shape.length === 3 && given < 1) {
    throw shapeError(node, "RotaryEmbedding of an input of rank 3 needs the attribute num_heads");
  }
  const heads = shape.length === 3 ? given : shape[1];
  const last = shape.at(-1);
  if (typeof heads !== "number" || typeof last !== "number") return null;
  const size = shape.length === 3 ? last / heads : last;
  const turned = intAttr(node, "rotary_embedding_dim") || size;
  if (!Number.isInteger(size) || turned % 2 !== 0 || turned < 0 || turned > size) {
    throw shapeError(
      node,
      `RotaryEmbedding has ${heads} heads in ${last} elements, of which ${turned} per head are to be turned`,
    );
  }
  return { heads, size, turned };
}
