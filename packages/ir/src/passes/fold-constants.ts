// Computes the nodes whose inputs are all constants, and Shape of a known shape, once and for all.
import { bodiesOf, type Graph, type Node, type Value } from "../graph.js";
import { ops } from "../ops/index.js";
import { inputsOf } from "../sites.js";
import { sizeOf, staticShape, tensor, typeOf, type Tensor } from "../types.js";
import { Rewrite, type PassResult } from "./pass.js";

/** Runs one node on constants; the reference backend has one to give. */
export type Evaluate = (node: Node, inputs: readonly (Tensor | null)[]) => Tensor[];

/** Larger results are left to be computed at run time: folding must not blow up a model. */
const largestResult = 2 ** 24;

/**
 * 1. A node whose inputs are all constant is replaced by its results, if they are small.
 * 2. Shape of a value whose dimensions are all known is replaced by that shape.
 * Sum sites are never folded: the plan is about them. Nor are nodes that draw random numbers, run graphs of their
 * own, or yield anything but tensors.
 */
export function foldConstants(graph: Graph, evaluate: Evaluate): PassResult {
  const rewrite = new Rewrite(graph);
  const values = new Map(graph.values);
  const known: Graph = { ...graph, values };
  for (const node of graph.nodes) {
    const results = resultsOf(known, node, evaluate);
    if (!results) continue;
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

function resultsOf(graph: Graph, node: Node, evaluate: Evaluate): Tensor[] | null {
  if (node.outputs.some((id) => graph.outputs.includes(id))) return null;
  const inputs = inputsOf(graph, node);
  if (node.op === "Shape") {
    const shape = staticShape(inputs[0]?.type);
    if (shape) return evaluate(node, [tensorOfShape(shape)]);
  }
  const { random, sums } = ops[node.op];
  if (sums || random || bodiesOf(node).length > 0) return null;
  if (node.outputs.some((id) => graph.values.get(id)?.container)) return null;
  if (!inputs.every((value) => value === null || value.constant)) return null;
  const shape = staticShape(graph.values.get(node.outputs[0]!)?.type);
  if (shape && sizeOf(shape) > largestResult) return null;
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
