// Normalisation over the last axes. The statistics are value sums, one or two per line of the axes that are normalised:
// of x (neuron 0) and of squared deviations from the mean (neuron 1), or of squares alone.
import { hasInput, requireElement, sharedElement, shapeOf, valuesOf } from "./checks.js";
import { defineOp, elementAttr, intAttr, shapeError, type InferContext, type SumShape } from "./define.js";
import { broadcastShapes, normalizeAxis, printShape } from "./dims.js";
import type { Dim, TensorType } from "../types.js";

const attributes = {
  axis: { type: "int", default: -1 },
  epsilon: { type: "float", default: Math.fround(1e-5) },
  // The precision of the statistics: the reference has binary64, and rounds what it stores.
  stash_type: { type: "element", default: "float32" },
} as const;

/**
 * scale (x - mean) / sqrt(variance + epsilon) + bias, the statistics taken over `axis` and all axes behind it.
 * Inputs: X, scale, bias. Outputs: Y, and of every line its mean and 1 / sqrt(variance + epsilon).
 */
export const layerNormalization = defineOp({
  name: "LayerNormalization",
  arity: [2, 3],
  attributes,
  infer(context) {
    const type = scaledType(context);
    return [type, statisticType(context, type), statisticType(context, type)];
  },
  valueSums: (context) => statisticSums(context, 2),
});

/** scale x / sqrt(mean(x^2) + epsilon), the mean taken over `axis` and all axes behind it. Inputs: X, scale. */
export const rmsNormalization = defineOp({
  name: "RMSNormalization",
  arity: [2, 2],
  attributes,
  infer: (context) => [scaledType(context)],
  valueSums: (context) => statisticSums(context, 1),
});

function statisticSums(context: InferContext, neurons: number): SumShape | null {
  const shape = shapeOf(context, 0, 1);
  if (!shape) return null;
  const axis = normalizeAxis(context.node, intAttr(context.node, "axis"), shape.length);
  const [lines, terms] = [shape.slice(0, axis), shape.slice(axis)];
  return valuesOf(context, { lines, terms, sameSign: true, neurons });
}

/** The type of X, into whose shape scale and bias must fit. */
function scaledType(context: InferContext): TensorType {
  const { node } = context;
  const shape = shapeOf(context, 0, 1);
  const scale = shapeOf(context, 1);
  const bias = hasInput(context, 2) ? shapeOf(context, 2) : [];
  const elem = sharedElement(context, "float");
  if (!shape) return { elem, shape };
  normalizeAxis(node, intAttr(node, "axis"), shape.length);
  for (const [name, other] of Object.entries({ scale, bias })) {
    const together = broadcastShapes(node, shape, other);
    const grown = together?.some((dim, axis) => typeof dim === "number" && shape[axis] === 1 && dim !== 1);
    if (other && (grown || other.length > shape.length)) {
      throw shapeError(
        node,
        `the ${name} of ${node.op}, ${printShape(other)}, does not broadcast to ${printShape(shape)}`,
      );
    }
  }
  return { elem, shape };
}

function statisticType({ node }: InferContext, { shape }: TensorType): TensorType {
  const elem = requireElement(node, elementAttr(node, "stash_type"), "float", "stash_type");
  if (!shape) return { elem, shape };
  const axis = normalizeAxis(node, intAttr(node, "axis"), shape.length);
  return { elem, shape: shape.map((dim, i): Dim => (i < axis ? dim : 1)) };
}
