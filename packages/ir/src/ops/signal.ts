// Fourier transforms, the windows that signals are cut with, and mel filters.
import { toNumbers, type Dim } from "../types.js";
import { hasInput, requireElement, shapeOf, sharedElement } from "./checks.js";
import {
  defineOp,
  elementAttr,
  inputConstant,
  inputType,
  intAttr,
  shapeError,
  type InferContext,
  type OpDefinition,
} from "./define.js";
import { mergeDims, normalizeAxis } from "./dims.js";
import { checkedType } from "./limits.js";

/**
 * The discrete Fourier transform along one axis, or its inverse. Inputs: the signal [..., 1 (real) or 2 (real and
 * imaginary part)], the length that it is cut or padded to, the axis (the last but one if left out). `onesided`
 * leaves out what conjugate symmetry tells: of the output, or with `inverse` of the input, and then yields reals.
 */
export const dft = defineOp({
  name: "DFT",
  arity: [1, 3],
  attributes: { inverse: { type: "int", default: 0 }, onesided: { type: "int", default: 0 } },
  infer(context) {
    const { node } = context;
    const elem = requireElement(node, inputType(context, 0).elem, "float");
    const shape = shapeOf(context, 0, 2);
    if (!shape) return [{ elem, shape: null }];
    const parts = shape.at(-1)!;
    const [onesided, inverse] = [intAttr(node, "onesided") !== 0, intAttr(node, "inverse") !== 0];
    if (typeof parts === "number" && parts !== 1 && parts !== 2) {
      throw shapeError(node, `the last axis of a signal has 1 or 2 elements, not ${parts}`);
    }
    if (onesided && parts === (inverse ? 1 : 2)) {
      throw shapeError(node, `DFT is onesided, but its input is ${inverse ? "real" : "complex"}`);
    }
    const axis = signalAxis(context, shape.length);
    const output: Dim[] = [...shape.slice(0, -1), onesided && inverse ? 1 : 2];
    if (axis === null) return [{ elem, shape: output.map((dim, i) => (i < output.length - 1 ? null : dim)) }];
    const length = transformLength(context, shape[axis]!);
    output[axis] = onesided && !inverse && typeof length === "number" ? Math.floor(length / 2) + 1 : length;
    if (onesided && !inverse && typeof length !== "number") output[axis] = null;
    return [checkedType(node, elem, output)];
  },
});

/** The axis that is transformed; null where it is not constant. */
export function signalAxis(context: InferContext, rank: number): number | null {
  const given = oneInteger(context, 2, "axis");
  if (given === undefined) return hasInput(context, 2) ? null : rank - 2;
  return normalizeAxis(context.node, given, rank, rank - 2);
}

/** How many elements the full transform has; with `onesided` and `inverse` the input has about half of them. */
export function transformLength(context: InferContext, size: Dim): Dim {
  const { node } = context;
  const given = oneInteger(context, 1, "length");
  if (given !== undefined && given < 1) throw shapeError(node, `${node.op} has the length ${given}`);
  if (given !== undefined || hasInput(context, 1)) return given ?? null;
  const half = intAttr(node, "onesided") !== 0 && intAttr(node, "inverse") !== 0;
  return half ? (typeof size === "number" ? Math.max(2 * (size - 1), 0) : null) : size;
}

/**
 * Fourier transforms of overlapping frames. Inputs: the signal [N, length, 1 or 2], the step from frame to frame,
 * the window that every frame is multiplied with, its length. Output: [N, frames, frequencies, 2].
 */
export const stft = defineOp({
  name: "STFT",
  arity: [2, 4],
  attributes: { onesided: { type: "int", default: 1 } },
  infer(context) {
    const { node } = context;
    const elem = sharedElement(context, "float", [0, 2]);
    const shape = shapeOf(context, 0, 3, 3);
    const step = oneInteger(context, 1, "frame step");
    if (step !== undefined && step < 1) throw shapeError(node, `STFT has a frame step of ${step}`);
    const length = frameLength(context);
    const onesided = intAttr(node, "onesided") !== 0;
    if (onesided && shape?.[2] === 2) {
      throw shapeError(node, "STFT is onesided, but its signal is complex", "set onesided to 0");
    }
    const size = shape?.[1] ?? null;
    let frames: Dim = null;
    if (typeof length === "number" && typeof size === "number") {
      if (size < length) throw shapeError(node, `STFT has frames of ${length}, but a signal of ${size}`);
      if (step !== undefined) frames = Math.floor((size - length) / step) + 1;
    }
    const bins =
      typeof length === "number" && onesided ? Math.floor(length / 2) + 1 : onesided ? null : length;
    return [checkedType(node, elem, [shape?.[0] ?? null, frames, bins, 2])];
  },
});

/** The length of a frame: as stated, that of the window, or that of the signal. */
export function frameLength(context: InferContext): Dim {
  const { node } = context;
  const stated = oneInteger(context, 3, "frame length");
  if (stated !== undefined && stated < 1) throw shapeError(node, `STFT has a frame length of ${stated}`);
  const window = hasInput(context, 2) ? (shapeOf(context, 2, 1, 1)?.[0] ?? null) : null;
  if (stated !== undefined || window !== null) {
    return mergeDims(node, stated ?? null, window, "STFT needs a window as long as its frames");
  }
  if (hasInput(context, 2) || hasInput(context, 3)) return null;
  return shapeOf(context, 0, 3, 3)?.[1] ?? null;
}

/** 0.42 - 0.5 cos(2 pi n / N) + 0.08 cos(4 pi n / N), N the size, or one less where not periodic. */
export const blackmanWindow = windowOp("BlackmanWindow");
/** 25/46 - 21/46 cos(2 pi n / N). */
export const hammingWindow = windowOp("HammingWindow");
/** 1/2 - 1/2 cos(2 pi n / N). */
export const hannWindow = windowOp("HannWindow");

/** The input is the size. A window of one element that is not periodic is 1, where the formula has 0 / 0. */
function windowOp<const Name extends string>(name: Name): OpDefinition<Name> {
  return defineOp({
    name,
    arity: [1, 1],
    attributes: {
      output_datatype: { type: "element", default: "float32" },
      periodic: { type: "int", default: 1 },
    },
    infer(context) {
      const { node } = context;
      const elem = requireElement(node, elementAttr(node, "output_datatype"), "numeric", "output");
      const size = oneInteger(context, 0, "size") ?? null;
      return [checkedType(node, elem, [size])];
    },
  });
}

/**
 * The matrix that turns a spectrum's linear frequencies into mel bins, triangles whose corners are elements.
 * Inputs: the number of mel bins, of the Fourier transform's elements, of samples per second, and the lowest and
 * highest frequency in Hz. Output: [transform / 2 + 1, bins].
 */
export const melWeightMatrix = defineOp({
  name: "MelWeightMatrix",
  arity: [5, 5],
  attributes: { output_datatype: { type: "element", default: "float32" } },
  infer(context) {
    const { node } = context;
    const elem = requireElement(node, elementAttr(node, "output_datatype"), "numeric", "output");
    const [bins, length] = [oneInteger(context, 0, "number of bins"), oneInteger(context, 1, "length")];
    const rate = oneInteger(context, 2, "sample rate");
    if (rate !== undefined && rate < 1)
      throw shapeError(node, `MelWeightMatrix has a sample rate of ${rate}`);
    for (const index of [3, 4]) requireElement(node, inputType(context, index).elem, "float", "frequency");
    const rows = length === undefined ? null : Math.floor(length / 2) + 1;
    return [checkedType(node, elem, [rows, bins ?? null])];
  },
});

/** The integer that a constant input is; undefined where it is left out or not constant. */
function oneInteger(context: InferContext, index: number, what: string): number | undefined {
  if (!hasInput(context, index)) return undefined;
  const { node } = context;
  requireElement(node, inputType(context, index).elem, "index", what);
  const constant = inputConstant(context, index);
  if (!constant) return undefined;
  if (constant.data.length !== 1) {
    throw shapeError(
      node,
      `the ${what} of ${node.op} is one number, but has ${constant.data.length} elements`,
    );
  }
  return toNumbers(constant)[0];
}
