// Conv, Gemm and MatMul brought to one form for fast backends, as the reference does: units of rows times columns.
// Only dims and strides here, counted in elements; no values.
import { floatAttr, intAttr, resolveWindow, sizeOf, type Node, type SumSite, type Tensor } from "@mpplan/ir";
import { broadcastDims, groupIndex } from "./matrix-batch.js";

/** Rows of one group that stand together in the output: a whole group, or one sample of a convolution. */
export interface Unit {
  readonly group: number;
  /** The first element of the unit's rows in the first input. */
  readonly from: number;
  /** Where in the output its component (0, 0) stands. */
  readonly out: number;
  /** Where in the bias the term of its component (0, 0) stands. */
  readonly bias: number;
}

export interface Problem {
  readonly units: readonly Unit[];
  readonly groups: number;
  /** Rows per unit. */
  readonly rows: number;
  readonly columns: number;
  readonly length: number;
  readonly dims: readonly number[];
  readonly alpha: number;
  readonly beta: number;
  /** Rows: element (row, k) of a unit stands at from + row x rowStep + k x termStep; or patches of an image. */
  readonly operand: { readonly rowStep: number; readonly termStep: number } | Patches;
  /** Weights: (group, column, k) stands at first(group) + column x columnStep + k x termStep. */
  readonly weights: {
    first(group: number): number;
    readonly columnStep: number;
    readonly termStep: number;
  };
  /** Steps in the output from row to row, and from column to column; the same for the bias. */
  readonly outStep: readonly [row: number, column: number];
  readonly biasStep: readonly [row: number, column: number];
  neuron(group: number, column: number): number;
}

/** How the rows of a convolution are found in a copy of the image with zeros around it. */
export interface Patches {
  /** Elements of the padded image of one unit. */
  readonly size: number;
  /** The runs of the unpadded image: how many, how long, and where each goes. */
  readonly runs: number;
  readonly runLength: number;
  readonly runAt: Int32Array;
  /** One offset per row, and one per term. */
  readonly places: Int32Array;
  readonly taps: Int32Array;
}

export function problemOf(node: Node, inputs: readonly (Tensor | null)[], site: SumSite | null): Problem {
  const [a, b, c] = [inputs[0]!, inputs[1]!, inputs[2] ?? null];
  if (node.op === "Conv") return convolution(node, a, b);
  if (node.op === "Gemm") return gemm(node, a, b, c);
  return matMul(a, b, c, site);
}

function gemm(node: Node, a: Tensor, b: Tensor, c: Tensor | null): Problem {
  const transA = intAttr(node, "transA") === 1;
  const transB = intAttr(node, "transB") === 1;
  const [rows, length] = transA ? [a.dims[1]!, a.dims[0]!] : [a.dims[0]!, a.dims[1]!];
  const columns = transB ? b.dims[0]! : b.dims[1]!;
  const [m, n] = !c ? [1, 1] : c.dims.length === 2 ? c.dims : c.dims.length === 1 ? [1, c.dims[0]!] : [1, 1];
  return {
    units: [{ group: 0, from: 0, out: 0, bias: 0 }],
    groups: 1,
    rows,
    columns,
    length,
    dims: [rows, columns],
    alpha: floatAttr(node, "alpha"),
    beta: floatAttr(node, "beta"),
    operand: transA ? { rowStep: 1, termStep: rows } : { rowStep: length, termStep: 1 },
    weights: transB
      ? { first: () => 0, columnStep: length, termStep: 1 }
      : { first: () => 0, columnStep: 1, termStep: columns },
    outStep: [columns, 1],
    biasStep: [m === rows && rows !== 1 ? n! : 0, n === columns && columns !== 1 ? 1 : 0],
    neuron: (_group, column) => column,
  };
}

function matMul(a: Tensor, b: Tensor, bias: Tensor | null, site: SumSite | null): Problem {
  // One-dimensional operands are a row or a column that the result drops again.
  const aDims = a.dims.length === 1 ? [1, ...a.dims] : a.dims;
  const bDims = b.dims.length === 1 ? [...b.dims, 1] : b.dims;
  const length = aDims.at(-1)!;
  const columns = bDims.at(-1)!;
  const [aOuter, bOuter] = [aDims.slice(0, -2), bDims.slice(0, -2)];
  const batch = broadcastDims(aOuter, bOuter);
  const shared = bDims.length === 2;
  const rows = shared ? sizeOf(aDims.slice(0, -1)) : aDims.at(-2)!;
  const groups = shared ? 1 : sizeOf(batch);
  const aGroup = groupIndex(batch, aOuter);
  const bGroup = groupIndex(batch, bOuter);
  return {
    units: Array.from({ length: groups }, (_, group) => ({
      group,
      from: shared ? 0 : aGroup(group) * rows * length,
      out: group * rows * columns,
      bias: 0,
    })),
    groups,
    rows,
    columns,
    length,
    dims: [
      ...batch,
      ...(a.dims.length === 1 ? [] : [aDims.at(-2)!]),
      ...(b.dims.length === 1 ? [] : [columns]),
    ],
    alpha: 1,
    beta: 1,
    operand: { rowStep: length, termStep: 1 },
    weights: {
      first: shared ? () => 0 : (group) => bGroup(group) * length * columns,
      columnStep: 1,
      termStep: columns,
    },
    outStep: [columns, 1],
    biasStep: [0, bias && bias.data.length > 1 ? 1 : 0],
    // A product of two activations has one head here, and its columns are no neurons. Samples of an open batch come
    // first, each with all the heads.
    neuron: shared
      ? (_group, column) => (site && site.neurons !== columns ? 0 : column)
      : (group) => (site ? group % site.neurons : group),
  };
}

function convolution(node: Node, x: Tensor, w: Tensor): Problem {
  const groups = intAttr(node, "group");
  const [batch, channels] = [x.dims[0]!, x.dims[1]!];
  const spatial = x.dims.slice(2);
  const window = resolveWindow(node, spatial, w.dims.slice(2));
  const perGroup = channels / groups;
  const columns = w.dims[0]! / groups;
  const length = perGroup * sizeOf(window.kernel);
  const pixels = sizeOf(window.output);
  const plane = sizeOf(spatial);
  return {
    units: Array.from({ length: groups * batch }, (_, i) => {
      const [group, sample] = [Math.floor(i / batch), i % batch];
      return {
        group,
        from: (sample * channels + group * perGroup) * plane,
        out: (sample * groups + group) * columns * pixels,
        bias: group * columns,
      };
    }),
    groups,
    rows: pixels,
    columns,
    length,
    dims: [batch, w.dims[0]!, ...window.output],
    alpha: 1,
    beta: 1,
    operand: patchesOf(window, spatial, perGroup),
    weights: { first: (group) => group * columns * length, columnStep: length, termStep: 1 },
    outStep: [1, pixels],
    biasStep: [0, 1],
    neuron: (group, column) => group * columns + column,
  };
}

type Window = ReturnType<typeof resolveWindow>;

function patchesOf(window: Window, spatial: readonly number[], channels: number): Patches {
  // Room for every tap of every window, also behind the end that the padding names.
  const padded = spatial.map((size, i) =>
    Math.max(
      window.padsBegin[i]! + size,
      (window.output[i]! - 1) * window.strides[i]! + (window.kernel[i]! - 1) * window.dilations[i]! + 1,
    ),
  );
  const steps = padded.map((_, i) => sizeOf(padded.slice(i + 1)));
  const plane = sizeOf(padded);
  const planes = Array.from({ length: channels }, (_, c) => c * plane);
  const scaled = (by: readonly number[]): number[] => steps.map((step, i) => step * by[i]!);
  const corner = steps.reduce((sum, step, i) => sum + step * window.padsBegin[i]!, 0);
  const lines = grid([corner], spatial.slice(0, -1), steps);
  return {
    size: channels * plane,
    runs: planes.length * lines.length,
    runLength: spatial.at(-1)!,
    runAt: Int32Array.from(planes.flatMap((at) => Array.from(lines, (line) => at + line))),
    places: grid([0], window.output, scaled(window.strides)),
    taps: grid(planes, window.kernel, scaled(window.dilations)),
  };
}

/** Every start plus index x step over all the axes, the last one fastest. */
function grid(starts: readonly number[], sizes: readonly number[], steps: readonly number[]): Int32Array {
  let result = Int32Array.from(starts);
  for (const [axis, size] of sizes.entries()) {
    const next = new Int32Array(result.length * size);
    for (let i = 0; i < next.length; i++) next[i] = result[Math.floor(i / size)]! + (i % size) * steps[axis]!;
    result = next;
  }
  return result;
}
