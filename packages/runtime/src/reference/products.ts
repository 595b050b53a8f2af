// Conv, Gemm and MatMul brought to one form: groups of rows times columns, each pair one sum of products.
// Sums, magnitudes and measurements are written once, over this form.
import {
  floatAttr,
  intAttr,
  resolveWindow,
  sizeOf,
  type Node,
  type SlidingWindow,
  type SumOpName,
  type SumSite,
  type Tensor,
} from "@mpplan/ir";
import { broadcastDims, groupIndex } from "../matrix-batch.js";

/**
 * All the sums of one run of a node: out[group, row, column] = alpha sum_k W[group, column, k] h[group, row, k]
 * + beta bias. A row is a sample, a pixel or a query; a column an output feature, an output channel or a key.
 */
export interface Products {
  readonly groups: number;
  readonly rows: number;
  readonly columns: number;
  /** Terms per sum, in the order in which they run; a convolution's are (channel, ky, kx), padding included. */
  readonly length: number;
  readonly dims: readonly number[];
  readonly alpha: number;
  readonly beta: number;
  /** The weights of (group, column), `length` of them, start at (group x columns + column) x length. */
  readonly weights: Float64Array;
  loadRow(group: number, row: number, into: Float64Array): void;
  bias(group: number, row: number, column: number): number;
  /** Where in the output the component stands. */
  index(group: number, row: number, column: number): number;
  /** Which neuron of the site decides over it. */
  neuron(group: number, column: number): number;
}

/** Weights rearranged once for the tensor that holds them, as long as it lives. */
export type Packed = WeakMap<Tensor, Float64Array>;

/** True for the operators whose sums are planned. */
export function isSumOp(op: string): op is SumOpName {
  return op === "Conv" || op === "Gemm" || op === "MatMul";
}

/** The sums of a node for these inputs. `packed` keeps what depends on the weights alone. */
export function productsOf(
  node: Node,
  inputs: readonly (Tensor | null)[],
  site: SumSite | null,
  packed: Packed,
): Products {
  const [a, b, c] = [inputs[0]!, inputs[1]!, inputs[2] ?? null];
  switch (node.op as SumOpName) {
    case "Conv":
      return convProducts(node, a, b, c);
    case "Gemm":
      return gemmProducts(node, a, b, c, packed);
    case "MatMul":
      return matMulProducts(a, b, c, site, packed);
  }
}

function gemmProducts(node: Node, a: Tensor, b: Tensor, c: Tensor | null, packed: Packed): Products {
  const transA = intAttr(node, "transA") === 1;
  const transB = intAttr(node, "transB") === 1;
  const [rows, length] = transA ? [a.dims[1]!, a.dims[0]!] : [a.dims[0]!, a.dims[1]!];
  const columns = transB ? b.dims[0]! : b.dims[1]!;
  const h = a.data as Float64Array;
  const addend = c && broadcast2d(c, rows, columns);
  return {
    groups: 1,
    rows,
    columns,
    length,
    dims: [rows, columns],
    alpha: floatAttr(node, "alpha"),
    beta: floatAttr(node, "beta"),
    weights: transB ? (b.data as Float64Array) : cached(packed, b, () => transposed(b, length, columns)),
    loadRow(_group, row, into) {
      for (let k = 0; k < length; k++) into[k] = h[transA ? k * rows + row : row * length + k]!;
    },
    bias: (_group, row, column) => (addend ? addend(row, column) : 0),
    index: (_group, row, column) => row * columns + column,
    neuron: (_group, column) => column,
  };
}

/** C of a Gemm, broadcast to rows x columns. */
function broadcast2d(c: Tensor, rows: number, columns: number): (row: number, column: number) => number {
  const data = c.data as Float64Array;
  const [m, n] = c.dims.length === 2 ? c.dims : c.dims.length === 1 ? [1, c.dims[0]!] : [1, 1];
  const rowStride = m === rows && rows !== 1 ? n! : 0;
  const columnStride = n === columns && columns !== 1 ? 1 : 0;
  return (row, column) => data[row * rowStride + column * columnStride]!;
}

function matMulProducts(
  a: Tensor,
  b: Tensor,
  bias: Tensor | null,
  site: SumSite | null,
  packed: Packed,
): Products {
  // One-dimensional operands are a row or a column that the result drops again.
  const aDims = a.dims.length === 1 ? [1, ...a.dims] : a.dims;
  const bDims = b.dims.length === 1 ? [...b.dims, 1] : b.dims;
  const length = aDims.at(-1)!;
  const columns = bDims.at(-1)!;
  const outer = (dims: readonly number[]): readonly number[] => dims.slice(0, -2);
  const batch = broadcastDims(outer(aDims), outer(bDims));
  const dims = [
    ...batch,
    ...(a.dims.length === 1 ? [] : [aDims.at(-2)!]),
    ...(b.dims.length === 1 ? [] : [columns]),
  ];
  const h = a.data as Float64Array;
  const biases = bias?.data as Float64Array | undefined;

  if (bDims.length === 2) {
    // One matrix for all: the leading axes of a are just more rows, and a neuron is a column.
    const rows = sizeOf(aDims) / Math.max(length, 1);
    return {
      groups: 1,
      rows: length === 0 ? sizeOf(aDims.slice(0, -1)) : rows,
      columns,
      length,
      dims,
      alpha: 1,
      beta: 1,
      weights: cached(packed, b, () => transposed(b, length, columns)),
      loadRow(_group, row, into) {
        for (let k = 0; k < length; k++) into[k] = h[row * length + k]!;
      },
      bias: (_group, _row, column) => biases?.[biases.length === 1 ? 0 : column] ?? 0,
      index: (_group, row, column) => row * columns + column,
      // A product of two activations has one head here, and its columns are no neurons.
      neuron: (_group, column) => (site && site.neurons !== columns ? 0 : column),
    };
  }

  const rows = aDims.at(-2)!;
  const groups = sizeOf(batch);
  const aGroup = groupIndex(batch, outer(aDims));
  const bGroup = groupIndex(batch, outer(bDims));
  const w = b.data as Float64Array;
  return {
    groups,
    rows,
    columns,
    length,
    dims,
    alpha: 1,
    beta: 1,
    weights: packHeads(w, groups, bGroup, length, columns),
    loadRow(group, row, into) {
      const from = (aGroup(group) * rows + row) * length;
      for (let k = 0; k < length; k++) into[k] = h[from + k]!;
    },
    bias: (_group, _row, column) => biases?.[biases.length === 1 ? 0 : column] ?? 0,
    index: (group, row, column) => (group * rows + row) * columns + column,
    // Samples of an open batch come first, each with all the heads.
    neuron: (group) => (site ? group % site.neurons : group),
  };
}

function packHeads(
  w: Float64Array,
  groups: number,
  matrix: (group: number) => number,
  length: number,
  columns: number,
): Float64Array {
  const packed = new Float64Array(groups * columns * length);
  for (let g = 0; g < groups; g++) {
    const from = matrix(g) * length * columns;
    for (let n = 0; n < columns; n++) {
      for (let k = 0; k < length; k++) packed[(g * columns + n) * length + k] = w[from + k * columns + n]!;
    }
  }
  return packed;
}

function convProducts(node: Node, x: Tensor, w: Tensor, bias: Tensor | null): Products {
  const groups = intAttr(node, "group");
  const [batch, channels] = [x.dims[0]!, x.dims[1]!];
  const spatial = x.dims.slice(2);
  const window = resolveWindow(node, spatial, w.dims.slice(2));
  const perGroup = channels / groups;
  const columns = w.dims[0]! / groups;
  const taps = sizeOf(window.kernel);
  const pixels = sizeOf(window.output);
  const plane = sizeOf(spatial);
  const h = x.data as Float64Array;
  const biases = bias?.data as Float64Array | undefined;
  return {
    groups,
    rows: batch * pixels,
    columns,
    length: perGroup * taps,
    dims: [batch, w.dims[0]!, ...window.output],
    alpha: 1,
    beta: 1,
    weights: w.data as Float64Array,
    loadRow(group, row, into) {
      const sample = Math.floor(row / pixels);
      const offsets = tapOffsets(row % pixels, window, spatial);
      let at = 0;
      for (let c = 0; c < perGroup; c++) {
        const from = (sample * channels + group * perGroup + c) * plane;
        for (let t = 0; t < taps; t++) into[at++] = offsets[t]! < 0 ? 0 : h[from + offsets[t]!]!;
      }
    },
    bias: (group, _row, column) => biases?.[group * columns + column] ?? 0,
    index: (group, row, column) => {
      const sample = Math.floor(row / pixels);
      return (sample * groups * columns + group * columns + column) * pixels + (row % pixels);
    },
    neuron: (group, column) => group * columns + column,
  };
}

/** For one output pixel, where in the input plane each tap of the kernel reads; -1 for padding. */
export function tapOffsets(pixel: number, window: SlidingWindow, spatial: readonly number[]): Int32Array {
  let offsets = Int32Array.of(0);
  let rest = pixel;
  const place: number[] = [];
  for (let axis = window.output.length - 1; axis >= 0; axis--) {
    place[axis] = rest % window.output[axis]!;
    rest = Math.floor(rest / window.output[axis]!);
  }
  for (let axis = 0; axis < spatial.length; axis++) {
    const size = spatial[axis]!;
    const start = place[axis]! * window.strides[axis]! - window.padsBegin[axis]!;
    const next = new Int32Array(offsets.length * window.kernel[axis]!);
    let at = 0;
    for (const offset of offsets) {
      for (let t = 0; t < window.kernel[axis]!; t++) {
        const i = start + t * window.dilations[axis]!;
        next[at++] = offset < 0 || i < 0 || i >= size ? -1 : offset * size + i;
      }
    }
    offsets = next;
  }
  return offsets;
}

/** A [length, columns] matrix as rows of columns. */
function transposed(b: Tensor, length: number, columns: number): Float64Array {
  const data = b.data as Float64Array;
  const out = new Float64Array(length * columns);
  for (let k = 0; k < length; k++)
    for (let n = 0; n < columns; n++) out[n * length + k] = data[k * columns + n]!;
  return out;
}

function cached(packed: Packed, key: Tensor, make: () => Float64Array): Float64Array {
  let value = packed.get(key);
  if (!value) packed.set(key, (value = make()));
  return value;
}
