// A window read backwards: every element of the input is spread over the taps of its place in a larger image.
import { shapeError, stringAttr } from "./define.js";
import { extentOf, kernelOf, listOf, type SlidingWindow } from "./window.js";
import type { Node } from "../graph.js";
import type { Dim } from "../types.js";

/** The sizes of the image that MaxUnpool's window gives; an unknown size stays unknown. */
export function unpooledSizes(node: Node, inputSpatial: readonly Dim[]): Dim[] {
  const [rank, kernel] = [inputSpatial.length, kernelOf(node)];
  if (kernel.length !== rank || kernel.some((size) => size < 1)) {
    throw shapeError(node, `${node.op} has a kernel of [${kernel.join(", ")}] over ${rank} spatial axes`);
  }
  const strides = listOf(node, "strides", rank, 1) ?? kernel.map(() => 1);
  const pads = listOf(node, "pads", 2 * rank, 0) ?? inputSpatial.flatMap(() => [0, 0]);
  return inputSpatial.map((size, i) =>
    typeof size === "number" ? (size - 1) * strides[i]! + kernel[i]! - pads[i]! - pads[i + rank]! : null,
  );
}

/** The image's sizes as far as the input is known. @throws IrError where the attributes contradict each other */
export function transposedOutput(node: Node, inputSpatial: readonly Dim[], kernel: readonly number[]): Dim[] {
  return transposedAxes(node, inputSpatial, kernel).map((axis) => axis.image);
}

/** The window that slides over the image and whose places are the elements of the input. */
export function transposedWindow(
  node: Node,
  inputSpatial: readonly number[],
  kernel: readonly number[],
): SlidingWindow {
  const axes = transposedAxes(node, inputSpatial, kernel);
  return {
    kernel,
    strides: axes.map((axis) => axis.stride),
    padsBegin: axes.map((axis) => axis.begin),
    padsEnd: axes.map((axis) => axis.end),
    dilations: axes.map((axis) => axis.dilation),
    output: inputSpatial,
  };
}

interface Axis {
  readonly stride: number;
  readonly dilation: number;
  readonly begin: number;
  readonly end: number;
  readonly image: Dim;
}

function transposedAxes(node: Node, inputSpatial: readonly Dim[], kernel: readonly number[]): Axis[] {
  const rank = inputSpatial.length;
  const strides = listOf(node, "strides", rank, 1) ?? kernel.map(() => 1);
  const dilations = listOf(node, "dilations", rank, 1) ?? kernel.map(() => 1);
  const pads = listOf(node, "pads", 2 * rank, 0) ?? inputSpatial.flatMap(() => [0, 0]);
  const more = listOf(node, "output_padding", rank, 0) ?? kernel.map(() => 0);
  const wanted = listOf(node, "output_shape", rank, 0);
  const mode = stringAttr(node, "auto_pad");
  return inputSpatial.map((size, i): Axis => {
    const [stride, dilation] = [strides[i]!, dilations[i]!];
    if (more[i]! >= Math.max(stride, dilation)) {
      throw shapeError(
        node,
        `${node.op} has an output_padding of ${more[i]} along spatial axis ${i}, as large as its stride and dilation`,
      );
    }
    // All that the taps reach, before anything is cut off.
    const full =
      typeof size === "number" ? stride * (size - 1) + more[i]! + extentOf(kernel[i]!, dilation) : null;
    const axis = (begin: number, end: number, image: Dim): Axis => ({ stride, dilation, begin, end, image });
    const same = mode === "SAME_UPPER" || mode === "SAME_LOWER";
    if (wanted || same) {
      const image = wanted?.[i] ?? (typeof size === "number" ? size * stride : stride === 1 ? size : null);
      const total = full === null || typeof image !== "number" ? 0 : Math.max(0, full - image);
      const small = Math.floor(total / 2);
      return mode === "SAME_UPPER" ? axis(small, total - small, image) : axis(total - small, small, image);
    }
    const [begin, end] = mode === "VALID" ? [0, 0] : [pads[i]!, pads[i + rank]!];
    return axis(begin, end, full === null ? null : full - begin - end);
  });
}
