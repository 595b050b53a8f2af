// Operators of the domain ai.onnx.ml.
import {
  encodingOf,
  floatAttr,
  intAttr,
  intsAttr,
  isFloat,
  shapeError,
  tensorAttr,
  toNumbers,
  treeAggregates,
  treeTransforms,
  type ElementType,
  type Node,
  type Tensor,
} from "@mpplan/ir";
import { need, type ReferenceKernel } from "../kernel.js";
import { elementsOf, isBig, outputDims, outputTypes, zeros } from "./tensors.js";

export const binarizer: ReferenceKernel = (inputs, node) => {
  const x = need(inputs, 0, node);
  const threshold = floatAttr(node, "threshold");
  const result = zeros(x.elem, outputDims(inputs, node));
  const [source, target] = [elementsOf(x.data), elementsOf(result.data)];
  const [no, yes] = (isBig(x.data) ? [0n, 1n] : [0, 1]) as [number, number];
  for (let i = 0; i < target.length; i++) target[i] = source[i]! > threshold ? yes : no;
  return [result];
};

export const labelEncoder: ReferenceKernel = (inputs, node) => {
  const x = need(inputs, 0, node);
  const { elem } = outputTypes(inputs, node)[0]!;
  const [keys, values] = [encodingOf(node, "keys"), encodingOf(node, "values")];
  // A Map takes NaN for equal to NaN, as the operator asks. Of equal keys the last one counts.
  const table = new Map(Array.from(keys.list, (key, i) => [key, values.list[i]!]));
  const otherwise = defaultFor(node, elem);
  const result = zeros(elem, x.dims);
  const target = elementsOf(result.data) as unknown as (number | bigint | string)[];
  for (let i = 0; i < x.data.length; i++) target[i] = table.get(x.data[i]!) ?? otherwise;
  return [result];
};

function defaultFor(node: Node, elem: ElementType): number | bigint | string {
  if (node.attrs["values_tensor"] !== undefined) {
    const given = node.attrs["default_tensor"] as Tensor | undefined;
    if (given) return given.data[0]!;
    return elem === "string" ? "_Unused" : isFloat(elem) ? -0 : elementsOf(zeros(elem, [1]).data)[0]!;
  }
  if (elem === "string") return node.attrs["default_string"] as string;
  return elem === "int64" ? BigInt(intAttr(node, "default_int64")) : floatAttr(node, "default_float");
}

/** What a node asks of its feature, by number in a file; the last is membership in a set. */
const tests: readonly ((x: number, split: number, members: ReadonlySet<number>) => boolean)[] = [
  (x, split) => x <= split,
  (x, split) => x < split,
  (x, split) => x >= split,
  (x, split) => x > split,
  (x, split) => x === split,
  (x, split) => x !== split,
  (x, _, members) => members.has(x),
];

export const treeEnsemble: ReferenceKernel = (inputs, node) => {
  const x = need(inputs, 0, node);
  const result = zeros(x.elem, outputDims(inputs, node));
  const [samples, targets] = result.dims as [number, number];
  const features = x.dims[1]!;
  const leafOf = leafFinder(node);
  const [ids, weights] = [intsAttr(node, "leaf_targetids"), toNumbers(tensorAttr(node, "leaf_weights"))];
  const roots = intsAttr(node, "tree_roots");
  const aggregate = treeAggregates[intAttr(node, "aggregate_function")]!;
  const transform = treeTransforms[intAttr(node, "post_transform")]!;
  for (let sample = 0; sample < samples; sample++) {
    const row = (x.data as Float64Array).subarray(sample * features, (sample + 1) * features);
    const met: number[][] = Array.from({ length: targets }, () => []);
    for (const root of roots) {
      const leaf = leafOf(root, row);
      met[ids[leaf]!]!.push(weights[leaf]!);
    }
    const scores = met.map((list) => aggregated(list, aggregate, roots.length));
    (result.data as Float64Array).set(transformed(scores, transform), sample * targets);
  }
  return [result];
};

/** The leaf that a sample comes to from a root. */
function leafFinder(node: Node): (root: number, row: Float64Array) => number {
  const list = (name: string): readonly number[] => intsAttr(node, `nodes_${name}`);
  const [features, tracksTrue] = [list("featureids"), list("missing_value_tracks_true")];
  const next = { yes: list("truenodeids"), no: list("falsenodeids") };
  const isLeaf = { yes: list("trueleafs"), no: list("falseleafs") };
  const modes = toNumbers(tensorAttr(node, "nodes_modes"));
  const splits = toNumbers(tensorAttr(node, "nodes_splits"));
  const members = membersOf(node, modes);
  const leaves = intsAttr(node, "leaf_targetids").length;
  return (root, row) => {
    let at = root;
    // No path is longer than there are nodes, unless it runs in a circle.
    for (let step = 0; step < modes.length; step++) {
      const [x, test] = [row[features[at]!], tests[modes[at]!]];
      if (x === undefined || !test) break;
      const holds = test(x, splits[at]!, members[at]!) || (Number.isNaN(x) && tracksTrue[at] === 1);
      const side = holds ? "yes" : "no";
      const to = next[side][at]!;
      if (isLeaf[side][at] === 0) at = to;
      else if (to >= 0 && to < leaves) return to;
      else break;
    }
    throw shapeError(
      node,
      `a path of TreeEnsemble leads from node ${root} to no leaf; it ends at node ${at}`,
    );
  };
}

/** The set of every node that tests membership, in the order of the nodes, each ended by NaN. */
function membersOf(node: Node, modes: readonly number[]): Set<number>[] {
  const given = node.attrs["membership_values"] as Tensor | undefined;
  const values = given ? toNumbers(given) : [];
  let at = 0;
  return modes.map((mode) => {
    const members = new Set<number>();
    if (mode !== tests.length - 1) return members;
    while (at < values.length && !Number.isNaN(values[at])) members.add(values[at++]!);
    at++;
    return members;
  });
}

/** A target that no leaf speaks of gets 0. */
function aggregated(weights: readonly number[], how: (typeof treeAggregates)[number], trees: number): number {
  if (weights.length === 0) return 0;
  if (how === "min") return Math.min(...weights);
  if (how === "max") return Math.max(...weights);
  const sum = weights.reduce((a, b) => a + b, 0);
  return how === "sum" ? sum : sum / trees;
}

function transformed(scores: readonly number[], how: (typeof treeTransforms)[number]): number[] {
  if (how === "none") return [...scores];
  if (how === "logistic") return scores.map((score) => 1 / (1 + Math.exp(-score)));
  const largest = Math.max(...scores);
  const powers = scores.map((score) => Math.exp(score - largest));
  const total = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / total);
}
