import { padAmounts, padMode, type PadMode, type Tensor } from "@mpplan/ir";
import { need, type ReferenceKernel } from "../kernel.js";
import { select } from "./select.js";
import { contextOf, copyOf, elementsOf, outputDims } from "./tensors.js";

/** One axis after the other: corners come out right in every mode, since each pads what the last has padded. */
export const pad: ReferenceKernel = (inputs, node) => {
  const data = need(inputs, 0, node);
  const dims = outputDims(inputs, node);
  const { begin, end } = padAmounts(contextOf(inputs, node), dims.length)!;
  const value = inputs[2] && elementsOf(inputs[2].data)[0];
  let result: Tensor = copyOf(data);
  data.dims.forEach((size, axis) => {
    if (begin[axis] === 0 && end[axis] === 0) return;
    const coordinates = sources(size, begin[axis]!, end[axis]!, padMode(node));
    result = select(result, axis, coordinates, value ?? undefined);
  });
  return [result];
};

/** For every element along a padded axis, the element of the input that it repeats, or -1. */
function sources(size: number, begin: number, end: number, mode: PadMode): number[] {
  const first = Math.max(0, -begin);
  const kept = size - first - Math.max(0, -end);
  const before = Math.max(0, begin);
  const inside = sourceInside(kept, mode);
  return Array.from({ length: size + begin + end }, (_, i) => {
    const source = inside(i - before);
    return source < 0 ? -1 : first + source;
  });
}

function sourceInside(kept: number, mode: PadMode): (i: number) => number {
  switch (mode) {
    case "constant":
      return (i) => (i >= 0 && i < kept ? i : -1);
    case "edge":
      return (i) => Math.min(Math.max(i, 0), kept - 1);
    case "reflect": {
      // There and back again, without repeating either end.
      const period = Math.max(1, 2 * (kept - 1));
      return (i) => {
        const there = modulo(i, period);
        return there < kept ? there : period - there;
      };
    }
    case "wrap":
      return (i) => modulo(i, kept);
    default:
      return mode satisfies never;
  }
}

function modulo(i: number, period: number): number {
  return ((i % period) + period) % period;
}
