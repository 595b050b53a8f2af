import { toNumbers, type Dim } from "../types.js";
import { constantInts, hasInput, inputElement, shapeOf } from "./checks.js";
import { defineOp, inputConstant, inputType, intAttr, shapeError, type InferContext } from "./define.js";
import { normalizeAxis } from "./dims.js";

/**
 * The input cut into parts along `axis`: of the sizes that the second input lists, else into `num_outputs` parts that
 * are equally large, but for the last one, which may be smaller.
 */
export const split = defineOp({
  name: "Split",
  arity: [1, 2],
  attributes: { axis: { type: "int", default: 0 }, num_outputs: { type: "int" } },
  infer(context) {
    const { node } = context;
    const { elem } = inputType(context, 0);
    const shape = shapeOf(context, 0, 1);
    if (!shape) return node.outputs.map(() => ({ elem, shape: null }));
    const axis = normalizeAxis(node, intAttr(node, "axis"), shape.length);
    const sizes: readonly Dim[] = splitSizes(context, shape[axis]!) ?? node.outputs.map(() => null);
    if (sizes.length < node.outputs.length) {
      throw shapeError(node, `Split makes ${sizes.length} parts, but has ${node.outputs.length} outputs`);
    }
    return sizes.map((size) => ({ elem, shape: shape.map((dim, i) => (i === axis ? size : dim)) }));
  },
});

/** The sizes of the parts of an axis, or null where they are not known. @throws IrError where they do not fit. */
export function splitSizes(context: InferContext, size: Dim): number[] | null {
  const { node } = context;
  const sizes = constantInts(context, 1, "sizes");
  if (sizes) return checkedSizes(context, sizes, size);
  if (hasInput(context, 1)) return null;
  const count = node.attrs["num_outputs"] as number | undefined;
  if (count === undefined || count < 1) {
    throw shapeError(node, "Split needs either the sizes of its parts or a positive num_outputs");
  }
  if (count < node.outputs.length) {
    throw shapeError(node, `Split has num_outputs ${count}, but ${node.outputs.length} outputs`);
  }
  if (typeof size !== "number") return null;
  const each = Math.ceil(size / count);
  return Array.from({ length: count }, (_, i) => Math.max(0, Math.min(each, size - i * each)));
}

/**
 * The input cut along `axis` into a sequence. The second input is the size of every part but perhaps the last, or lists
 * the sizes; without it every part has size 1, and no such axis at all where `keepdims` is 0.
 */
export const splitToSequence = defineOp({
  name: "SplitToSequence",
  arity: [1, 2],
  attributes: { axis: { type: "int", default: 0 }, keepdims: { type: "int", default: 1 } },
  infer(context) {
    const { node } = context;
    const { elem } = inputType(context, 0);
    const shape = shapeOf(context, 0, 1);
    if (hasInput(context, 1)) inputElement(context, 1, "index", "sizes");
    if (!shape) return [{ kind: "sequence", of: { elem, shape: null } }];
    const axis = normalizeAxis(node, intAttr(node, "axis"), shape.length);
    const dims = dropsAxis(context)
      ? shape.filter((_, i) => i !== axis)
      : shape.map((dim, i) => (i === axis ? (hasInput(context, 1) ? null : 1) : dim));
    return [{ kind: "sequence", of: { elem, shape: dims } }];
  },
});

/** The sizes of the items of SplitToSequence along an axis of that size. */
export function sequenceSizes(context: InferContext, size: number): number[] {
  const { node } = context;
  const given = inputConstant(context, 1);
  if (given && given.dims.length > 0) return checkedSizes(context, toNumbers(given), size);
  const each = given ? toNumbers(given)[0]! : 1;
  if (each < 1) throw shapeError(node, `SplitToSequence cuts parts of size ${each}`);
  const count = Math.ceil(size / each);
  return Array.from({ length: count }, (_, i) => Math.min(each, size - i * each));
}

/** True where the items of SplitToSequence lose the axis along which it cuts. */
export function dropsAxis(context: InferContext): boolean {
  return !hasInput(context, 1) && intAttr(context.node, "keepdims") === 0;
}

function checkedSizes({ node }: InferContext, sizes: number[], size: Dim): number[] {
  const negative = sizes.find((each) => each < 0);
  if (negative !== undefined) throw shapeError(node, `${node.op} has a part of size ${negative}`);
  const total = sizes.reduce((sum, each) => sum + each, 0);
  if (typeof size === "number" && total !== size) {
    throw shapeError(
      node,
      `the parts of ${node.op} [${sizes.join(", ")}] make up ${total}, but the axis has size ${size}`,
    );
  }
  return sizes;
}
