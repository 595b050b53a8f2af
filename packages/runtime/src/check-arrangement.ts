// Refuses, before anything is computed, arrangements that do not fit their site, or whose scales would not be exact.
import {
  constantInput,
  intAttr,
  sizeOf,
  termsToArrange,
  type Arrangement,
  type Graph,
  type Node,
  type SumSite,
  type Tensor,
} from "@mpplan/ir";
import { RuntimeError } from "./errors.js";

/** 2^e and 2^-e are both normal binary32 numbers up to here. */
const largestExponent = 126;

/**
 * Checks that `terms` is a permutation and that `scales` has one fitting exponent per neuron. Constant weights and
 * bias must stay binary32 numbers; operands that a run computes are rounded to binary32 after scaling, which changes
 * them only where they leave its normal range.
 *
 * @throws RuntimeError `wrong-plan`, naming the site.
 */
export function checkArrangement(graph: Graph, site: SumSite, { terms, scales }: Arrangement): void {
  const node = graph.nodes.find(({ id }) => id === site.node)!;
  const wrong = (what: string): RuntimeError =>
    new RuntimeError("wrong-plan", {
      what,
      where: `site "${site.id}"`,
      next: "make the plan again with mpplan compile",
    });
  if (terms) {
    const length = termsToArrange(graph, site);
    if (!isPermutation(terms, length))
      throw wrong(`The plan's terms are no permutation of 0 to ${length - 1}`);
  }
  if (!scales) return;
  if (scales.length !== site.neurons)
    throw wrong(`The plan scales ${scales.length} neurons, but there are ${site.neurons}`);
  const odd = scales.find((e) => !Number.isInteger(e) || Math.abs(e) > largestExponent);
  if (odd !== undefined)
    throw wrong(
      `A scale's exponent is ${odd}, but has to be an integer from -${largestExponent} to ${largestExponent}`,
    );
  for (const index of [1, 2]) {
    const constant = constantInput(graph, node, index);
    const neuron = constant && inexactIn(constant, neuronsOf(graph, node, index, constant), scales);
    if (neuron === undefined) continue;
    const what = index === 1 ? "weights" : "bias";
    throw wrong(
      `The scale 2^${scales[neuron]} of neuron ${neuron} takes its ${what} out of the range of binary32`,
    );
  }
}

function isPermutation(terms: readonly number[], length: number): boolean {
  const seen = new Set(terms);
  return (
    terms.length === length &&
    seen.size === length &&
    terms.every((term) => Number.isInteger(term) && term >= 0 && term < length)
  );
}

/** Which neuron an element of the weights or bias belongs to; null where it may belong to any. */
function neuronsOf(
  graph: Graph,
  node: Node,
  index: number,
  { dims }: Tensor,
): ((i: number) => number) | null {
  const last = dims.at(-1) ?? 1;
  const perRow = sizeOf(dims.slice(1));
  const byRow = (i: number): number => Math.floor(i / perRow);
  const byColumn = (i: number): number => i % last;
  if (node.op === "Conv") return byRow;
  if (node.op === "Gemm") {
    if (index === 1) return intAttr(node, "transB") === 1 ? byRow : byColumn;
    // One number for all the columns.
    return last === 1 ? null : byColumn;
  }
  // Where the right operand is no constant matrix the neurons are heads, which share the bias and maybe matrices.
  const matrix = constantInput(graph, node, 1)?.dims.length === 2;
  return matrix && (index === 1 || last > 1) ? byColumn : null;
}

/** The neuron whose scale changes one of its numbers by more than a power of two; undefined if none does. */
function inexactIn(
  constant: Tensor,
  neuronOf: ((i: number) => number) | null,
  scales: readonly number[],
): number | undefined {
  const data = constant.data as Float32Array | Float64Array;
  for (let i = 0; i < data.length; i++) {
    // The sums take binary32 operands, in float64 models too.
    const x = Math.fround(data[i]!);
    if (neuronOf) {
      const neuron = neuronOf(i);
      if (!staysExact(x, scales[neuron]!)) return neuron;
    } else {
      const neuron = scales.findIndex((e) => !staysExact(x, e));
      if (neuron >= 0) return neuron;
    }
  }
  return undefined;
}

/** The product is exact in binary64. */
function staysExact(x: number, e: number): boolean {
  const scaled = x * 2 ** e;
  return Math.fround(scaled) === scaled || Number.isNaN(x);
}
