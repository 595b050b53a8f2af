// Writes an Einsum that is still one, such as one of three operands, as products of two operands at a time.
import { valueOf, type Graph, type Node, type ValueId } from "../graph.js";
import { einsumLabels, type EinsumLabels } from "../ops/einsum.js";
import { isFloat, sizeOf, staticShape } from "../types.js";
import { Lowering } from "./lowering.js";
import { Rewrite, type PassResult } from "./pass.js";

/**
 * The pair whose product is smallest comes first, then again among what is left. Of a pair, labels that nobody else
 * needs are summed: by MatMul where both have them, by ReduceSum where one has. A pair that sums nothing is Mul. A sole
 * MatMul keeps the node's name, else they are called `<node>/pair0` and so on.
 */
export function contractEinsum(graph: Graph): PassResult {
  const rewrite = new Rewrite(graph);
  for (const node of graph.nodes) {
    if (node.op === "Einsum" && whyNotContracted(graph, node) === null) contract(graph, node, rewrite);
  }
  return rewrite.finish();
}

/** Why an Einsum stays as it is; null where it does not. */
export function whyNotContracted(graph: Graph, node: Node): string | null {
  const shapes = node.inputs.map((id) => staticShape(valueOf(graph, id!).type));
  const labels = labelsOf(graph, node);
  if (!labels || shapes.some((shape) => !shape)) return "the sizes of its operands are not known";
  if (!isFloat(valueOf(graph, node.inputs[0]!).type!.elem)) return "its operands are no floats";
  if (shapes.length < 2) return "it has one operand";
  const { operands, sizes } = labels;
  if (operands.some((list) => new Set(list).size < list.length)) return "it takes a diagonal";
  const stretched = operands.some((list, i) =>
    list.some((label, axis) => shapes[i]![axis] !== sizes.get(label)),
  );
  if (stretched) return "an axis of size 1 is stretched";
  if ([...sizes.values()].includes(0)) return "an operand is empty";
  return null;
}

function labelsOf(graph: Graph, node: Node): EinsumLabels | null {
  return einsumLabels({ node, inputs: node.inputs.map((id) => valueOf(graph, id!)) });
}

/** A tensor, and what its axes are called. */
interface Term {
  readonly value: ValueId;
  readonly labels: readonly string[];
}

/** The labels of a pair by what becomes of them. */
interface Pair {
  readonly batch: readonly string[];
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  readonly summed: readonly string[];
}

function contract(graph: Graph, node: Node, rewrite: Rewrite): void {
  const to = new Lowering(rewrite, node);
  const { operands, output, sizes } = labelsOf(graph, node)!;
  const size = (labels: readonly string[]): number =>
    sizeOf(labels.map((label) => sizes.get(label) as number));
  let terms: Term[] = operands.map((labels, i) => ({ value: node.inputs[i]!, labels }));
  for (let step = 0; terms.length > 1; step++) {
    const [i, j] = smallestPair(terms, output, size);
    const others = terms.filter((_, k) => k !== i && k !== j);
    const kept = new Set([...output, ...others.flatMap(({ labels }) => labels)]);
    const name = operands.length === 2 ? "" : `pair${step}`;
    const [left, right] = [terms[i]!, terms[j]!].map((term, side) =>
      withoutLone(to, term, terms[side === 0 ? j : i]!, kept, `step${step}/${side === 0 ? "left" : "right"}`),
    ) as [Term, Term];
    terms = [...others, productOf(to, left, right, kept, size, sizes, name, `step${step}`)];
  }
  const { value, labels } = terms[0]!;
  to.yield(ordered(to, value, labels, output, "y"));
  to.replace();
}

/** The two terms whose product has the fewest elements. */
function smallestPair(
  terms: readonly Term[],
  output: readonly string[],
  size: (labels: readonly string[]) => number,
): [number, number] {
  let best: [number, number] = [0, 1];
  let least = Infinity;
  for (let i = 0; i < terms.length; i++) {
    for (let j = i + 1; j < terms.length; j++) {
      const others = terms.filter((_, k) => k !== i && k !== j).flatMap(({ labels }) => labels);
      const both = new Set([...terms[i]!.labels, ...terms[j]!.labels]);
      const elements = size([...both].filter((label) => output.includes(label) || others.includes(label)));
      if (elements < least) [least, best] = [elements, [i, j]];
    }
  }
  return best;
}

/** Without the axes that neither the other one of the pair nor anybody else has: they are summed at once. */
function withoutLone(to: Lowering, term: Term, other: Term, kept: ReadonlySet<string>, name: string): Term {
  const { value, labels } = term;
  const lone = labels.filter((label) => !kept.has(label) && !other.labels.includes(label));
  if (lone.length === 0) return term;
  const axes = to.integers(
    `${name}.axes`,
    lone.map((label) => labels.indexOf(label)),
  );
  return {
    value: to.add("ReduceSum", [value, axes], `${name}.sum`, { keepdims: 0 }),
    labels: labels.filter((label) => !lone.includes(label)),
  };
}

function productOf(
  to: Lowering,
  left: Term,
  right: Term,
  kept: ReadonlySet<string>,
  size: (labels: readonly string[]) => number,
  sizes: EinsumLabels["sizes"],
  name: string,
  hint: string,
): Term {
  const shared = left.labels.filter((label) => right.labels.includes(label));
  const pair: Pair = {
    batch: shared.filter((label) => kept.has(label)),
    summed: shared.filter((label) => !kept.has(label)),
    rows: left.labels.filter((label) => !shared.includes(label)),
    columns: right.labels.filter((label) => !shared.includes(label)),
  };
  const { batch, rows, columns, summed } = pair;
  const labels = [...batch, ...rows, ...columns];
  const each = (list: readonly string[]): number[] => list.map((label) => sizes.get(label) as number);
  const shaped = (term: Term, order: readonly string[], dims: readonly number[], what: string): ValueId =>
    reshaped(to, ordered(to, term.value, term.labels, order, what), each(order), dims, what);
  if (summed.length === 0) {
    const spread = [...each(batch), ...each(rows), ...columns.map(() => 1)];
    const a = shaped(left, [...batch, ...rows], spread, `${hint}/left`);
    const b = shaped(
      right,
      [...batch, ...columns],
      [...each(batch), ...rows.map(() => 1), ...each(columns)],
      `${hint}/right`,
    );
    return { value: to.add("Mul", [a, b], name === "" ? "product" : name), labels };
  }
  const [m, k, n] = [size(rows), size(summed), size(columns)];
  const a = shaped(left, [...batch, ...rows, ...summed], [...each(batch), m, k], `${hint}/left`);
  const b = shaped(right, [...batch, ...summed, ...columns], [...each(batch), k, n], `${hint}/right`);
  const product = to.add("MatMul", [a, b], name);
  return { value: reshaped(to, product, [...each(batch), m, n], each(labels), `${hint}/whole`), labels };
}

function ordered(
  to: Lowering,
  value: ValueId,
  from: readonly string[],
  order: readonly string[],
  name: string,
): ValueId {
  if (String(from) === String(order)) return value;
  return to.add("Transpose", [value], `${name}.turned`, { perm: order.map((label) => from.indexOf(label)) });
}

function reshaped(
  to: Lowering,
  value: ValueId,
  from: readonly number[],
  dims: readonly number[],
  name: string,
): ValueId {
  if (String(from) === String(dims)) return value;
  return to.add("Reshape", [value, to.integers(`${name}.shape`, dims)], `${name}.shaped`);
}
