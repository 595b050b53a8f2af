// For tests only: sums written out from the definitions of the operators, and accumulators from that of rounding.
// Shares no line with the code under test.
import { formatNamed, round } from "@mpplan/formats";
import type { Accumulator, Graph, Node, Plan, Sample, Tensor } from "@mpplan/ir";
import { createExecutor, type ExecutorOptions, type RunOptions, type Session } from "./executor.js";
import { createReferenceBackend } from "./reference/backend.js";
import type { KernelBackend } from "./backend.js";

/** One output element: its products in the order in which they are added, and what is added last. */
export interface Terms {
  readonly w: number[];
  readonly h: number[];
  readonly bias: number;
  readonly neuron: number;
}

const at = (t: Tensor, index: readonly number[]): number =>
  Number(t.data[index.reduce((offset, i, axis) => offset * t.dims[axis]! + i, 0)]);

/** Every index into those dims, the last axis fastest. */
export function indices(dims: readonly number[]): number[][] {
  return dims.reduce<number[][]>(
    (all, dim) => all.flatMap((index) => Array.from({ length: dim }, (_, i) => [...index, i])),
    [[]],
  );
}

/** Conv over two spatial axes, terms in the order (channel, ky, kx), padding as zeros. */
export function convTerms(
  node: Node,
  x: Tensor,
  w: Tensor,
  bias: Tensor | null,
  out: readonly number[],
): Terms[] {
  const group = Number(node.attrs["group"]);
  const pads = (node.attrs["pads"] ?? [0, 0, 0, 0]) as number[];
  const strides = (node.attrs["strides"] ?? [1, 1]) as number[];
  const dilations = (node.attrs["dilations"] ?? [1, 1]) as number[];
  const [, perGroup, kh, kw] = w.dims as [number, number, number, number];
  return indices(out).map(([n, m, y, x0]) => {
    const g = Math.floor(m! / (w.dims[0]! / group));
    const terms: Terms = { w: [], h: [], bias: bias ? at(bias, [m!]) : 0, neuron: m! };
    for (let c = 0; c < perGroup; c++) {
      for (let ky = 0; ky < kh; ky++) {
        for (let kx = 0; kx < kw; kx++) {
          const iy = y! * strides[0]! + ky * dilations[0]! - pads[0]!;
          const ix = x0! * strides[1]! + kx * dilations[1]! - pads[1]!;
          const inside = iy >= 0 && iy < x.dims[2]! && ix >= 0 && ix < x.dims[3]!;
          terms.w.push(at(w, [m!, c, ky, kx]));
          terms.h.push(inside ? at(x, [n!, g * perGroup + c, iy, ix]) : 0);
        }
      }
    }
    return terms;
  });
}

/** Gemm without alpha and beta. */
export function gemmTerms(node: Node, a: Tensor, b: Tensor, c: Tensor | null): Terms[] {
  const [transA, transB] = [node.attrs["transA"] === 1, node.attrs["transB"] === 1];
  const [rows, length] = transA ? [a.dims[1]!, a.dims[0]!] : [a.dims[0]!, a.dims[1]!];
  const columns = transB ? b.dims[0]! : b.dims[1]!;
  return indices([rows, columns]).map(([m, n]) => {
    const ks = Array.from({ length }, (_, k) => k);
    const place = c?.dims.map((dim, axis) => (dim === 1 ? 0 : [m!, n!][axis + 2 - c.dims.length]!));
    return {
      w: ks.map((k) => at(b, transB ? [n!, k] : [k, n!])),
      h: ks.map((k) => at(a, transA ? [k, m!] : [m!, k])),
      bias: c ? at(c, place!) : 0,
      neuron: n!,
    };
  });
}

/** MatMul of tensors of rank 2 at least, batches broadcast; `neuron` is the matrix, or the column for one matrix. */
export function matMulTerms(a: Tensor, b: Tensor, out: readonly number[], perColumn: boolean): Terms[] {
  const batch = out.slice(0, -2);
  const within = (t: Tensor, index: readonly number[]): number[] =>
    t.dims
      .slice(0, -2)
      .map((dim, axis) => (dim === 1 ? 0 : index[axis + batch.length - (t.dims.length - 2)]!));
  return indices(out).map((index) => {
    const [m, n] = index.slice(-2) as [number, number];
    const ks = Array.from({ length: a.dims.at(-1)! }, (_, k) => k);
    const head = batch.reduce((offset, dim, axis) => offset * dim + index[axis]!, 0);
    return {
      w: ks.map((k) => at(b, [...within(b, index), k, n])),
      h: ks.map((k) => at(a, [...within(a, index), m, k])),
      bias: 0,
      neuron: perColumn ? n : head,
    };
  });
}

/** The sum in plain doubles, term after term. */
export function exactly({ w, h, bias }: Terms): number {
  return w.reduce((sum, x, k) => sum + x * h[k]!, 0) + bias;
}

/** blocked(8), f32-add, nearest-even, saturating: step by step from the definition. */
export function inBlocksOf8({ w, h, bias }: Terms, format: string): number {
  const to = (x: number): number => round(Math.fround(x), formatNamed(format), { overflow: "saturate" });
  let outer = 0;
  for (let k = 0; k < w.length; k += 8) {
    let inner = 0;
    for (let i = k; i < Math.min(k + 8, w.length); i++) inner = to(inner + Math.fround(w[i]! * h[i]!));
    outer = to(outer + inner);
  }
  return bias === 0 ? outer : to(outer + bias);
}

/** The two low and high sums of the default preset. */
export const low = (terms: Terms): number => inBlocksOf8(terms, "ieee-e4m3");
export const high = (terms: Terms): number => inBlocksOf8(terms, "binary16");

export interface Ran {
  readonly session: Session;
  readonly outputs: Map<string, Tensor>;
  /** Every value that was computed, as numbers. */
  readonly values: Map<string, number[]>;
}

/** Prepares, runs once, and keeps everything. */
export async function runOnce(
  graph: Graph,
  execution: Plan | "reference",
  feeds: Sample,
  options: RunOptions & ExecutorOptions & { backend?: KernelBackend } = {},
): Promise<Ran> {
  const { backend = createReferenceBackend(), fallback, ...rest } = options;
  const session = await createExecutor(backend, fallback ? { fallback } : {}).prepare(graph, execution);
  const values = new Map<string, number[]>();
  const outputs = await session.run(feeds, {
    ...rest,
    observe: (id, value) => {
      values.set(id, Array.from(value.data as ArrayLike<number>));
      rest.observe?.(id, value);
    },
  });
  return { session, outputs, values };
}

export function numbersOf(t: Tensor): number[] {
  return Array.from(t.data as ArrayLike<number>);
}

/** sqrt(sum (a - b)^2 / sum b^2). */
export function relativeError(a: readonly number[], b: readonly number[]): number {
  const squared = (list: readonly number[]): number => list.reduce((sum, x) => sum + x * x, 0);
  return Math.sqrt(squared(a.map((x, i) => x - b[i]!)) / squared(b));
}

/** An accumulator that draws: everything else as in the default preset's low one. */
export function stochastic(accumulator: Accumulator): Accumulator {
  return { ...accumulator, rounding: "stochastic" };
}
