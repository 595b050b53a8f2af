// A window that slides over the spatial axes: what Conv and the pools share. Attributes as in ONNX.
import { flagAttr, intsAttr, optionalInts, shapeError, stringAttr } from "./define.js";
import type { AttrSpec } from "./define.js";
import type { Node } from "../graph.js";
import type { Dim } from "../types.js";

/** The window along all spatial axes; every list has one entry per axis. */
export interface SlidingWindow {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly padsBegin: readonly number[];
  readonly padsEnd: readonly number[];
  readonly dilations: readonly number[];
  /** Places of the window. Tap t of place o reads the input at o x stride - padBegin + t x dilation. */
  readonly output: readonly number[];
}

/** The attributes of a window. Left out, strides and dilations are ones and pads zeros. */
export const windowAttributes = {
  auto_pad: { type: "string", default: "NOTSET", oneOf: ["NOTSET", "SAME_LOWER", "SAME_UPPER", "VALID"] },
  dilations: { type: "ints" },
  pads: { type: "ints" },
  strides: { type: "ints" },
} satisfies Record<string, AttrSpec>;

/**
 * The window of a node over an input of known spatial sizes.
 * @throws IrError `shape` where the attributes contradict each other or the window does not fit the input
 */
export function resolveWindow(
  node: Node,
  inputSpatial: readonly number[],
  kernel: readonly number[],
): SlidingWindow {
  const axes = windowAxes(node, inputSpatial, kernel);
  return {
    kernel,
    strides: axes.map((axis) => axis.stride),
    padsBegin: axes.map((axis) => axis.begin),
    padsEnd: axes.map((axis) => axis.end),
    dilations: axes.map((axis) => axis.dilation),
    output: axes.map((axis) => axis.output as number),
  };
}

/** The places of the window per axis, as far as the input is known. */
export function windowOutput(node: Node, inputSpatial: readonly Dim[], kernel: readonly number[]): Dim[] {
  return windowAxes(node, inputSpatial, kernel).map((axis) => axis.output);
}

/** Refuses a pooling window that would lie in the padding as a whole: it has nothing to pool. */
export function refuseEmptyWindows(node: Node, kernel: readonly number[]): void {
  const pads = optionalInts(node, "pads") ?? [];
  const dilations = optionalInts(node, "dilations") ?? [];
  pads.forEach((pad, i) => {
    const axis = i % kernel.length;
    const extent = extentOf(kernel[axis]!, dilations[axis] ?? 1);
    if (pad >= extent) {
      throw shapeError(
        node,
        `${node.op} pads ${pad} along spatial axis ${axis}, but its window covers only ${extent}`,
      );
    }
  });
}

/** The kernel size that a pool states. */
export function kernelOf(node: Node): readonly number[] {
  return intsAttr(node, "kernel_shape");
}

interface Axis {
  readonly stride: number;
  readonly dilation: number;
  readonly begin: number;
  readonly end: number;
  readonly output: Dim;
}

function windowAxes(node: Node, inputSpatial: readonly Dim[], kernel: readonly number[]): Axis[] {
  const rank = inputSpatial.length;
  const strides = listOf(node, "strides", rank, 1) ?? kernel.map(() => 1);
  const dilations = listOf(node, "dilations", rank, 1) ?? kernel.map(() => 1);
  const pads = listOf(node, "pads", 2 * rank, 0) ?? inputSpatial.flatMap(() => [0, 0]);
  if (kernel.length !== rank || kernel.some((size) => !Number.isInteger(size) || size < 1)) {
    throw shapeError(node, `${node.op} has a kernel of [${kernel.join(", ")}] over ${rank} spatial axes`);
  }
  return inputSpatial.map((size, i) => {
    const stride = strides[i]!;
    const dilation = dilations[i]!;
    const extent = extentOf(kernel[i]!, dilation);
    const [begin, end] = padsOf(node, size, stride, extent, pads[i]!, pads[i + rank]!);
    return { stride, dilation, begin, end, output: placesOf(node, size, stride, extent, begin, end) };
  });
}

/** A list attribute, checked; undefined where it is left out. */
export function listOf(
  node: Node,
  name: string,
  length: number,
  least: number,
): readonly number[] | undefined {
  const list = optionalInts(node, name);
  if (list && (list.length !== length || list.some((x) => !Number.isInteger(x) || x < least))) {
    throw shapeError(
      node,
      `the ${name} [${list.join(", ")}] of ${node.op} must be ${length} integers of at least ${least}`,
    );
  }
  return list;
}

export function extentOf(kernel: number, dilation: number): number {
  return (kernel - 1) * dilation + 1;
}

/** The padding before and after. With SAME it depends on the input; NaN where that is unknown. */
function padsOf(
  node: Node,
  size: Dim,
  stride: number,
  extent: number,
  begin: number,
  end: number,
): [number, number] {
  // Col2Im and others state their pads always.
  const mode = node.attrs["auto_pad"] === undefined ? "NOTSET" : stringAttr(node, "auto_pad");
  switch (mode) {
    case "NOTSET":
      return [begin, end];
    case "VALID":
      return [0, 0];
    case "SAME_LOWER":
    case "SAME_UPPER": {
      // With stride 1 the padding is the same for every size.
      const known = typeof size === "number" ? size : stride === 1 ? extent : NaN;
      const total = Math.max(0, (Math.ceil(known / stride) - 1) * stride + extent - known);
      const small = Math.floor(total / 2);
      return mode === "SAME_UPPER" ? [small, total - small] : [total - small, small];
    }
    default:
      throw shapeError(node, `${node.op} has an auto_pad of "${mode}", which does not exist`);
  }
}

function placesOf(node: Node, size: Dim, stride: number, extent: number, begin: number, end: number): Dim {
  if (typeof size !== "number") return stride === 1 && begin + end === extent - 1 ? size : null;
  const steps = (size + begin + end - extent) / stride;
  if (steps < 0) {
    throw shapeError(
      node,
      `the window of ${node.op} covers ${extent} elements, but the padded input has only ${size + begin + end}`,
    );
  }
  const places = Math.floor(steps) + 1;
  // ceil_mode adds a last, incomplete place, unless it would start in the padding after the input.
  const up = node.attrs["ceil_mode"] !== undefined && flagAttr(node, "ceil_mode");
  const more = up && !Number.isInteger(steps) && places * stride < size + begin;
  return more ? places + 1 : places;
}
