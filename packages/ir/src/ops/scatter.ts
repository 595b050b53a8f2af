// Data with some elements or slices replaced, or combined with others. Negative indices count from the end.
import { inputElement, sharedElement, shapeOf } from "./checks.js";
import { defineOp, intAttr, shapeError, stringAttr, type InferContext } from "./define.js";
import { exceeds, mergeDims, normalizeAxis, printShape } from "./dims.js";
import type { Dim, ElementType } from "../types.js";

const reductions = ["none", "add", "mul", "min", "max"] as const;

/** What becomes of an element that an update meets; without one, the update replaces it. */
export type ScatterReduction = (typeof reductions)[number];

const reduction = { type: "string", default: "none", oneOf: reductions } as const;

/** output[indices[i][j]][j] = updates[i][j] for axis 0, and so on for the others; later updates win. */
export const scatterElements = defineOp({
  name: "ScatterElements",
  arity: [3, 3],
  attributes: { axis: { type: "int", default: 0 }, reduction },
  infer(context) {
    const { node } = context;
    const elem = scatteredElement(context);
    const data = shapeOf(context, 0, 1);
    const indices = shapeOf(context, 1, 1);
    const updates = shapeOf(context, 2, 1);
    if (data) {
      const axis = normalizeAxis(node, intAttr(node, "axis"), data.length);
      const fits = (shape: readonly Dim[]): boolean =>
        shape.length === data.length && shape.every((dim, i) => i === axis || !exceeds(dim, data[i]));
      if (indices && !fits(indices)) {
        throw shapeError(
          node,
          `the indices ${printShape(indices)} of ScatterElements do not lie within data of ${printShape(data)}`,
        );
      }
    }
    requireSame(context, indices, updates);
    return [{ elem, shape: data }];
  },
});

/** Slices of the data replaced: the last axis of the indices lists the coordinates of each, updates the slices. */
export const scatterND = defineOp({
  name: "ScatterND",
  arity: [3, 3],
  attributes: { reduction },
  infer(context) {
    const { node } = context;
    const elem = scatteredElement(context);
    const data = shapeOf(context, 0, 1);
    const indices = shapeOf(context, 1, 1);
    const updates = shapeOf(context, 2);
    const last = indices?.at(-1);
    if (data && indices && typeof last === "number") {
      if (last > data.length) {
        throw shapeError(node, `ScatterND has ${last} coordinates for data of ${printShape(data)}`);
      }
      requireSame(context, [...indices.slice(0, -1), ...data.slice(last)], updates);
    }
    return [{ elem, shape: data }];
  },
});

/**
 * A cache with the update written along `axis`, in every sample (axis 0) from where the third input says, or from 0;
 * `circular` goes on at the start where the cache ends. Inputs: cache, update, write indices.
 */
export const tensorScatter = defineOp({
  name: "TensorScatter",
  arity: [2, 3],
  attributes: {
    axis: { type: "int", default: -2 },
    mode: { type: "string", default: "linear", oneOf: ["linear", "circular"] },
  },
  infer(context) {
    const { node, inputs } = context;
    const elem = sharedElement(context, "any", [0, 1]);
    const cache = shapeOf(context, 0, 1);
    const update = shapeOf(context, 1, 1);
    if (cache && update) {
      const axis = normalizeAxis(node, intAttr(node, "axis"), cache.length);
      if (axis === 0) throw shapeError(node, "TensorScatter writes along axis 0, which counts the samples");
      const fits = update.length === cache.length && !exceeds(update[axis], cache[axis]);
      if (!fits) {
        throw shapeError(
          node,
          `TensorScatter writes ${printShape(update)} into a cache of ${printShape(cache)}`,
        );
      }
      cache.forEach((dim, i) => {
        if (i !== axis) mergeDims(node, dim, update[i]!, `axis ${i} of TensorScatter is the same in both`);
      });
    }
    if (inputs[2]) {
      inputElement(context, 2, "index", "write indices");
      const count = shapeOf(context, 2, 1, 1)?.[0] ?? null;
      if (cache) mergeDims(node, cache[0]!, count, "TensorScatter needs one write index per sample");
    }
    return [{ elem, shape: cache }];
  },
});

function scatteredElement(context: InferContext): ElementType {
  inputElement(context, 1, "index", "indices");
  const plain = stringAttr(context.node, "reduction") === "none";
  return sharedElement(context, plain ? "any" : "numeric", [0, 2]);
}

function requireSame(
  { node }: InferContext,
  wanted: readonly Dim[] | null,
  updates: readonly Dim[] | null,
): void {
  if (!wanted || !updates) return;
  const fits =
    wanted.length === updates.length &&
    wanted.every((dim, i) => typeof dim !== "number" || typeof updates[i] !== "number" || dim === updates[i]);
  if (fits) return;
  throw shapeError(node, `the updates of ${node.op} are ${printShape(updates)}, not ${printShape(wanted)}`);
}
