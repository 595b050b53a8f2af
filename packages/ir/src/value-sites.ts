// The value sums of a graph: which node adds up how many plain values. Policies rank sums of products alone (sites.ts).
import { constantInput, valueOf, type Graph, type Node, type NodeId, type ValueId } from "./graph.js";
import type { SumShape } from "./ops/define.js";
import { ops, type OpName } from "./ops/index.js";
import { inputsOf, type SiteId } from "./sites.js";
import { isFloat } from "./types.js";

/** The value sums of one node: denominators, statistics, means. */
export interface ValueSite extends SumShape {
  readonly id: SiteId;
  readonly node: NodeId;
}

/** Every site of value sums whose shape is known, in the order of execution. */
export function valueSites(graph: Graph): ValueSite[] {
  const producers = new Map(graph.nodes.flatMap((node) => node.outputs.map((id) => [id, node] as const)));
  const isNonNegative = (id: ValueId): boolean => {
    const node = producers.get(id);
    if (!node) return false;
    if (nonNegative.has(node.op)) return true;
    if (node.op === "Clip") return Number(constantInput(graph, node, 1)?.data[0] ?? -1) >= 0;
    return keepsSign.has(node.op) && isNonNegative(node.inputs[0]!);
  };
  return graph.nodes.flatMap((node) => {
    const shape = valueSumsOf(graph, node);
    if (!shape) return [];
    // What adds up one thing of any sign adds up its input.
    const sameSign = shape.sameSign || isNonNegative(node.inputs[0]!);
    return { ...shape, sameSign, id: node.id, node: node.id };
  });
}

/** What a node says of its value sums; null where it has none, or not with known shapes. */
export function valueSumsOf(graph: Graph, node: Node): SumShape | null {
  return ops[node.op].valueSums?.({ node, inputs: inputsOf(graph, node) }) ?? null;
}

/** True where a node adds up floats, be its shapes known or not. */
export function addsValues(graph: Graph, node: Node): boolean {
  if (!ops[node.op].valueSums) return false;
  const { type } = valueOf(graph, node.inputs[0]!);
  return type === null || isFloat(type.elem);
}

/** What yields no negative number, whatever it reads. */
const nonNegative: ReadonlySet<OpName> = new Set(["Abs", "Exp", "Relu", "Sigmoid", "Softmax", "Sqrt"]);

/** What yields no negative number where its first input holds none. */
const keepsSign: ReadonlySet<OpName> = new Set([
  "AveragePool",
  "Flatten",
  "GlobalAveragePool",
  "GlobalMaxPool",
  "Identity",
  "MaxPool",
  "Reshape",
  "Squeeze",
  "Transpose",
  "Unsqueeze",
]);
