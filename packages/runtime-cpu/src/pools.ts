// Windows over the last one or two axes of binary32 data, plane by plane, tap by tap in the reference's order.
import {
  intAttr,
  intsAttr,
  resolveWindow,
  sizeOf,
  type Node,
  type SlidingWindow,
  type Tensor,
} from "@mpplan/ir";
import { floats, outputDims, type FastRun, type Sum } from "./floats.js";

/** Along one axis: for every place of the window its first tap inside, how many there are, and those on padding too. */
interface Spans {
  readonly first: Int32Array;
  readonly count: Int32Array;
  readonly covered: Int32Array | Float64Array;
  readonly step: number;
}

export const maxPool: FastRun = (inputs, node) =>
  node.outputs.length > 1 ? null : pooled(inputs, node, largest);

export const averagePool: FastRun = (inputs, node) =>
  pooled(inputs, node, intAttr(node, "count_include_pad") !== 0 ? meanWithPadding : mean);

/** The same with every sum carried out by `sum`. */
export const averagePoolBy =
  (sum: Sum): FastRun =>
  (inputs, node) =>
    pooled(inputs, node, averageBy(intAttr(node, "count_include_pad") !== 0, sum));

export const globalAveragePoolBy =
  (sum: Sum): FastRun =>
  (inputs, node) => {
    const x = floats(inputs[0]!);
    if (!x) return null;
    const dims = outputDims(inputs, node);
    const out = new Float32Array(sizeOf(dims));
    const size = x.length / out.length;
    const terms = Float64Array.from(x);
    for (let plane = 0; plane < out.length; plane++) {
      out[plane] = sum(terms.subarray(plane * size, (plane + 1) * size), size) / size;
    }
    return [{ elem: "float32", dims, data: out }];
  };

export const globalAveragePool: FastRun = (inputs, node) => {
  const x = floats(inputs[0]!);
  if (!x) return null;
  const dims = outputDims(inputs, node);
  const out = new Float32Array(sizeOf(dims));
  const size = x.length / out.length;
  for (let plane = 0, at = 0; plane < out.length; plane++) {
    let sum = 0;
    for (const end = at + size; at < end; at++) sum += x[at]!;
    out[plane] = sum / size;
  }
  return [{ elem: "float32", dims, data: out }];
};

/** Fills a line of the output from `to` on: the windows whose first row starts at `from`, and has `rows` rows. */
type Line = (
  x: Float32Array,
  from: number,
  rows: number,
  rowStep: number,
  across: Spans,
  out: Float32Array,
  to: number,
  covered: number,
) => void;

const largest: Line = (x, from, rows, rowStep, { first, count, step }, out, to) => {
  for (let column = 0; column < first.length; column++) {
    const [begin, n] = [from + first[column]!, count[column]! * step];
    let best = x[begin]!;
    for (let row = begin, last = begin + rows * rowStep; row !== last; row += rowStep) {
      for (let at = row; at < row + n; at += step) {
        const value = x[at]!;
        if (value > best || Number.isNaN(value)) best = value;
      }
    }
    out[to + column] = best;
  }
};

const average =
  (withPadding: boolean): Line =>
  (x, from, rows, rowStep, { first, count, covered, step }, out, to, coveredRows) => {
    for (let column = 0; column < first.length; column++) {
      const [begin, n] = [from + first[column]!, count[column]! * step];
      let sum = 0;
      for (let row = begin, last = begin + rows * rowStep; row !== last; row += rowStep) {
        for (let at = row; at < row + n; at += step) sum += x[at]!;
      }
      out[to + column] = sum / (withPadding ? coveredRows * covered[column]! : rows * count[column]!);
    }
  };

function averageBy(withPadding: boolean, sum: Sum): Line {
  let terms = new Float64Array(16);
  return (x, from, rows, rowStep, { first, count, covered, step }, out, to, coveredRows) => {
    for (let column = 0; column < first.length; column++) {
      const [begin, n] = [from + first[column]!, count[column]! * step];
      const taps = rows * count[column]!;
      if (taps > terms.length) terms = new Float64Array(taps);
      let tap = 0;
      for (let row = begin, last = begin + rows * rowStep; row !== last; row += rowStep) {
        for (let at = row; at < row + n; at += step) terms[tap++] = x[at]!;
      }
      out[to + column] = sum(terms, taps) / (withPadding ? coveredRows * covered[column]! : taps);
    }
  };
}

const mean = average(false);
const meanWithPadding = average(true);

function pooled(inputs: readonly (Tensor | null)[], node: Node, line: Line): Tensor[] | null {
  const x = inputs[0]!;
  const data = floats(x);
  const spatial = x.dims.slice(2);
  if (!data || spatial.length < 1 || spatial.length > 2) return null;
  const window = resolveWindow(node, spatial, intsAttr(node, "kernel_shape"));
  const across = spansOf(window, spatial.length - 1, spatial.at(-1)!);
  const down = spatial.length === 2 ? spansOf(window, 0, spatial[0]!) : wholeAxis;
  // An empty window is an error, which the reference tells.
  if (across.count.includes(0) || down.count.includes(0)) return null;
  const dims = outputDims(inputs, node);
  const out = new Float32Array(sizeOf(dims));
  const width = spatial.at(-1)!;
  const planeSize = sizeOf(spatial);
  for (let plane = 0, to = 0; to < out.length; plane += planeSize) {
    for (let row = 0; row < down.count.length; row++, to += across.count.length) {
      const from = plane + down.first[row]! * width;
      line(data, from, down.count[row]!, down.step * width, across, out, to, down.covered[row]!);
    }
  }
  return [{ elem: "float32", dims, data: out }];
}

const one = Int32Array.of(1);
const wholeAxis: Spans = { first: Int32Array.of(0), count: one, covered: one, step: 1 };

function spansOf(window: SlidingWindow, axis: number, size: number): Spans {
  const [kernel, dilation] = [window.kernel[axis]!, window.dilations[axis]!];
  const places = window.output[axis]!;
  const spans = {
    first: new Int32Array(places),
    count: new Int32Array(places),
    covered: new Float64Array(places),
    step: dilation,
  };
  for (let place = 0; place < places; place++) {
    const start = place * window.strides[axis]! - window.padsBegin[axis]!;
    // How many taps lie before a coordinate.
    const tapsBefore = (end: number): number =>
      Math.min(Math.max(Math.ceil((end - start) / dilation), 0), kernel);
    const skipped = tapsBefore(0);
    spans.first[place] = start + skipped * dilation;
    spans.count[place] = tapsBefore(size) - skipped;
    spans.covered[place] = tapsBefore(size + window.padsEnd[axis]!);
  }
  return spans;
}
