// The sums of a graph: which node carries out which, how long they are, and what activation follows.
import { clip, identity, leakyRelu, relu, sigmoid, tanh, type Activation } from "./activations.js";
import {
  constantInput,
  consumers,
  valueOf,
  type Graph,
  type Node,
  type NodeId,
  type Value,
  type ValueId,
} from "./graph.js";
import { floatAttr } from "./ops/define.js";
import { ops, type OpName } from "./ops/index.js";
import type { SumShape } from "./ops/define.js";
import { softmaxAfter, type SoftmaxAfter } from "./softmax-after.js";

export type SiteId = string;

/**
 * A family of equally long sums inside a node, one per neuron: the thing this project exists to plan.
 * A neuron is an output feature of MatMul/Gemm, an output channel of Conv, a head of a product of activations.
 */
export interface SumSite extends SumShape {
  readonly id: SiteId;
  readonly node: NodeId;
  /** Multiply-accumulates per run: components x length. */
  readonly macs: number;
  /** The activation that follows, found through single-consumer Reshape, Flatten, Transpose and the like. */
  readonly activation: Activation;
  /** The softmax over the last axis that the values go to, as attention scores do; null where none. */
  readonly softmax: SoftmaxAfter | null;
  /** True where the site's values reach an output of the graph without passing another sum. */
  readonly last: boolean;
}

/** What lies between a sum and its activation without mixing components. */
const transparent = new Set([
  "Reshape",
  "Flatten",
  "Transpose",
  "Squeeze",
  "Unsqueeze",
  "Identity",
  "Dropout",
]);

/** Every sum site whose shape is known, in the order of execution. */
export function sumSites(graph: Graph): SumSite[] {
  const readers = consumers(graph);
  const lastNodes = nodesOfLastSums(graph);
  return graph.nodes.flatMap((node) => {
    const shape = ops[node.op].sums?.({ node, inputs: inputsOf(graph, node) });
    if (!shape) return [];
    return {
      ...shape,
      id: node.id,
      node: node.id,
      macs: shape.components * shape.length,
      activation: activationAfter(graph, node, readers),
      softmax: softmaxAfter(graph, node, readers),
      last: lastNodes.has(node.id),
    };
  });
}

/** How many terms an arrangement of the site puts in order: its inputs, or a Conv's input channels of one group. */
export function termsToArrange(graph: Graph, site: SumSite): number {
  const node = graph.nodes.find(({ id }) => id === site.node)!;
  if (node.op !== "Conv") return site.length;
  return valueOf(graph, node.inputs[1]!).type!.shape![1] as number;
}

/** The inputs of a node as its operator sees them. */
export function inputsOf(graph: Graph, node: Node): (Value | null)[] {
  return node.inputs.map((id) => (id === null ? null : valueOf(graph, id)));
}

/** The activation that alone consumes what a node yields; identity where there is none. */
export function activationAfter(
  graph: Graph,
  node: Node,
  readers: ReadonlyMap<ValueId, readonly Node[]> = consumers(graph),
): Activation {
  const last = activationPath(graph, node, readers).at(-1);
  return (last && activationOf(graph, last)) ?? identity;
}

/** The nodes from a sum to the activation that alone consumes it, the activation last; none where there is none. */
export function activationPath(
  graph: Graph,
  node: Node,
  readers: ReadonlyMap<ValueId, readonly Node[]> = consumers(graph),
): readonly Node[] {
  const path: Node[] = [];
  let value = node.outputs[0];
  while (value !== undefined) {
    const next: readonly Node[] = readers.get(value) ?? [];
    // A value that is read twice, or is an output itself, is needed as it is.
    if (next.length !== 1 || graph.outputs.includes(value)) return [];
    const reader = next[0]!;
    path.push(reader);
    if (!transparent.has(reader.op)) return activationOf(graph, reader) ? path : [];
    value = reader.outputs[0];
  }
  return [];
}

/** The operators that are activation functions, by what they compute. */
const activations: Readonly<Partial<Record<OpName, (graph: Graph, node: Node) => Activation | null>>> = {
  Clip: (graph, node) => {
    const low = node.inputs[1] == null ? -Infinity : constantInput(graph, node, 1)?.data[0];
    const high = node.inputs[2] == null ? Infinity : constantInput(graph, node, 2)?.data[0];
    return low === undefined || high === undefined ? null : clip(Number(low), Number(high));
  },
  LeakyRelu: (_graph, node) => leakyRelu(floatAttr(node, "alpha")),
  Relu: () => relu,
  Sigmoid: () => sigmoid,
  Tanh: () => tanh,
};

/** The activation function that a node is, or null. */
export function activationOf(graph: Graph, node: Node): Activation | null {
  return activations[node.op]?.(graph, node) ?? null;
}

function nodesOfLastSums(graph: Graph): ReadonlySet<NodeId> {
  const needed = new Set<ValueId>(graph.outputs);
  const last = new Set<NodeId>();
  for (const node of [...graph.nodes].reverse()) {
    if (!node.outputs.some((id) => needed.has(id))) continue;
    if (ops[node.op].sums) last.add(node.id);
    else for (const id of node.inputs) if (id !== null) needed.add(id);
  }
  return last;
}

/**
 * The activation whose condition number stands in kappa' = kappa_phi/|v|, per site: the one that follows, but in
 * networks whose activations are all ReLU, ReLU on the last sums too. That is what the source paper's code does.
 */
export function kappaActivations(sites: readonly SumSite[]): ReadonlyMap<SiteId, Activation> {
  const inner = sites.filter((site) => site.activation.name !== "identity");
  const allRelu = inner.length > 0 && inner.every((site) => site.activation.name === "relu");
  return new Map(
    sites.map((site) => [
      site.id,
      allRelu && site.last && site.activation.name === "identity" ? relu : site.activation,
    ]),
  );
}
