// Computes the nodes whose inputs are all constants, and Shape of a known shape, once and for all.
import { bodiesOf, type Graph, type Node, type Value } from "../graph.js";
import { ops } from "../ops/index.js";
import { inputsOf } from "../sites.js";
import { sizeOf, staticShape, tensor, typeOf, type Tensor } from "../types.js";
import { isTensorType } from "../values.js";
import { Rewrite, type PassResult } from "./pass.js";

/** Runs one node on constants; the reference backend has one to give. */
export type Evaluate = (node: Node, inputs: readonly (Tensor | null)[]) => Tensor[];

/** How much folding may add to a model, in elements; what is larger is left to be computed at run time. */
export interface FoldLimits {
  readonly eachNode: number;
  readonly allNodes: number;
}

/** Many small blow-ups are one large one. */
const defaultLimits: FoldLimits = { eachNode: 2 ** 24, allNodes: 2 ** 26 };

/**
 * 1. A node whose inputs are all constant is replaced by its results, if they are small.
 * 2. Shape of a value whose dimensions are all known is replaced by that shape.
 * Sum sites are never folded: the plan is about them. Nor are nodes that draw random numbers, run graphs of their
 * own, or yield anything but tensors.
 */
export function foldConstants(
  graph: Graph,
  evaluate: Evaluate,
  limits: FoldLimits = defaultLimits,
): PassResult {
  const rewrite = new Rewrite(graph);
  const values = new Map(graph.values);
  const known: Graph = { ...graph, values };
  const outputs = new Set(graph.outputs);
  let left = limits.allNodes;
  for (const node of graph.nodes) {
    if (node.outputs.some((id) => outputs.has(id))) continue;
    const results = resultsOf(known, node, evaluate, Math.min(limits.eachNode, left));
    if (!results) continue;
    for (const { data } of results) left -= data.length;
    node.outputs.forEach((id, i) => {
      const constant = results[i]!;
      const value: Value = { id, type: typeOf(constant), constant };
      values.set(id, value);
      rewrite.redefine(value);
    });
    rewrite.replace(node, []);
  }
  return rewrite.finish();
}

function resultsOf(graph: Graph, node: Node, evaluate: Evaluate, most: number): Tensor[] | null {
  const inputs = inputsOf(graph, node);
  if (node.op === "Shape") {
    const shape = staticShape(inputs[0]?.type);
    if (shape) return evaluate(node, [tensorOfShape(shape)]);
  }
  const { random, sums } = ops[node.op];
  if (sums || random || bodiesOf(node).length > 0) return null;
  if (node.outputs.some((id) => graph.values.get(id)?.container)) return null;
  if (!inputs.every((value) => value === null || value.constant)) return null;
  // Of constants every size is known, also where the types in the graph were made before they were constants.
  const sizes = ops[node.op]
    .infer({ node, inputs })
    .map((type) => sizeOf((isTensorType(type) ? staticShape(type) : null) ?? [Infinity]));
  if (sizes.reduce((sum, size) => sum + size, 0) > most) return null;
  return evaluate(
    node,
    inputs.map((value) => value?.constant ?? null),
  );
}

/** A stand-in that has the shape and no elements: Shape looks at nothing else. */
function tensorOfShape(dims: number[]): Tensor {
  return sizeOf(dims) === 0
    ? tensor("float32", dims, new Float32Array(0))
    : { elem: "float32", dims, data: new Float32Array(0) };
}
