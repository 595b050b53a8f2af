// The ascending order of a site's terms: small ones first, so that they do not meet a sum that swallows them.
import { intAttr, type Node, type Tensor, type ValueId } from "@mpplan/ir";

/** Sums |x_k| per term over the samples; for a convolution a term is an input channel of a group. */
export class TermSizes {
  readonly input: ValueId;
  private readonly norms: Float64Array;
  private readonly sums: Float64Array;

  constructor(
    private readonly node: Node,
    weights: Tensor,
  ) {
    this.input = node.inputs[0]!;
    this.norms = columnNorms(node, weights);
    this.sums = new Float64Array(this.norms.length);
  }

  add(x: Tensor): void {
    const { node, sums } = this;
    const data = x.data as ArrayLike<number>;
    // Row-major: `inner` neighbours belong to one term, terms follow each other, groups share their terms.
    const [period, inner] =
      node.op === "Conv"
        ? [sums.length, x.dims.slice(2).reduce((a, b) => a * b, 1)]
        : node.op === "Gemm" && intAttr(node, "transA") === 1
          ? [sums.length, x.dims[1]!]
          : [sums.length, 1];
    for (let i = 0; i < data.length; i++) sums[Math.floor(i / inner) % period]! += Math.abs(data[i]!);
  }

  /** mean |x_k| times the norm of the weights that it meets, up to a common factor. */
  sizes(): Float64Array {
    return this.norms.map((norm, k) => norm * this.sums[k]!);
  }
}

/** The permutation that sorts terms ascending; undefined where that changes nothing or nothing is known. */
export function ascendingTerms(sizes: TermSizes | undefined): number[] | undefined {
  if (!sizes) return undefined;
  const size = sizes.sizes();
  const order = Array.from(size, (_, k) => k).sort((a, b) => size[a]! - size[b]! || a - b);
  return order.every((k, i) => k === i) ? undefined : order;
}

function columnNorms(node: Node, weights: Tensor): Float64Array {
  const w = weights.data as ArrayLike<number>;
  const { dims } = weights;
  const squares = (terms: number, termOf: (i: number) => number): Float64Array => {
    const sums = new Float64Array(terms);
    for (let i = 0; i < w.length; i++) sums[termOf(i)]! += w[i]! ** 2;
    return sums.map(Math.sqrt);
  };
  if (node.op === "Conv") {
    const taps = dims.slice(2).reduce((a, b) => a * b, 1);
    return squares(dims[1]!, (i) => Math.floor(i / taps) % dims[1]!);
  }
  const byRow = node.op === "Gemm" && intAttr(node, "transB") === 1;
  const [rows, columns] = [dims.at(-2) ?? dims[0]!, dims.length < 2 ? 1 : dims.at(-1)!];
  return byRow ? squares(columns, (i) => i % columns) : squares(rows, (i) => Math.floor(i / columns) % rows);
}
