// Sums of products that no site speaks of, and why: what a plan leaves out is said, never passed over.
import { bodiesOf, valueOf, valueType, type Graph, type Node } from "./graph.js";
import { ops, type OpName } from "./ops/index.js";
import { whyNotContracted } from "./passes/contract-einsum.js";
import { whyNotExpanded } from "./passes/expand-attention.js";
import { whyNotFloat } from "./passes/lower-integer-products.js";
import { whyNotSplit } from "./passes/split-conv-transpose.js";
import { whyNotUnrolled } from "./passes/unroll-recurrent.js";
import { whyNotRepeated } from "./passes/unroll-rounds.js";
import type { UnplannedSum } from "./report.js";
import { staticShape } from "./types.js";
import { printValueType } from "./values.js";

/** What keeps a node with products from being planned. */
type Reason = (graph: Graph, node: Node) => string;

const noForm: Reason = (_graph, { op }) => `${op} has no form as Conv, Gemm or MatMul`;

/** The operators that add products and state no sums of their own. */
const reasons: Readonly<Partial<Record<OpName, Reason>>> = {
  Attention: (graph, node) => whyNotExpanded(graph, node) ?? "it was not written as products",
  ConvInteger: integer,
  ConvTranspose: (graph, node) => whyNotSplit(graph, node) ?? "it was not split into convolutions",
  DFT: noForm,
  DeformConv: noForm,
  Einsum: (graph, node) => whyNotContracted(graph, node) ?? "it was not written as products of two",
  GRU: recurrent,
  LSTM: recurrent,
  LinearAttention: noForm,
  MatMulInteger: integer,
  QLinearConv: integer,
  QLinearMatMul: integer,
  RNN: recurrent,
  STFT: noForm,
  "ai.onnx.preview.FlexAttention": noForm,
};

/** Every node of the graph and of the bodies in it that adds products and has no site, in order of execution. */
export function unplannedSums(graph: Graph): UnplannedSum[] {
  return listed(graph, "", null);
}

function listed(graph: Graph, path: string, around: string | null): UnplannedSum[] {
  return graph.nodes.flatMap((node) => {
    const id = `${path}${node.id}`;
    const own = around ?? reasonFor(graph, node);
    const inner = bodiesOf(node).flatMap((body) =>
      listed(body.graph, `${id}/`, around ?? inBodyOf(graph, node)),
    );
    const adds = ops[node.op].sums !== undefined || reasons[node.op] !== undefined;
    return [...(adds && own !== null ? [{ node: id, op: node.op, reason: own }] : []), ...inner];
  });
}

function inBodyOf(graph: Graph, node: Node): string {
  if (node.op === "If") return "it lies in a branch of If whose condition is not constant";
  const body = `it lies in the body of ${node.op}`;
  if (node.op !== "Loop" && node.op !== "Scan") return body;
  return `${body}: ${whyNotRepeated(graph, node) ?? "it was not unrolled"}`;
}

/** Null where the node has a site, or adds no products. */
function reasonFor(graph: Graph, node: Node): string | null {
  const { sums } = ops[node.op];
  if (!sums) return reasons[node.op]?.(graph, node) ?? null;
  const inputs = node.inputs.map((id) => (id === null ? null : valueOf(graph, id)));
  return sums({ node, inputs }) ? null : openSizes(graph, node);
}

function integer(graph: Graph, node: Node): string {
  return whyNotFloat(graph, node) ?? "it was not written as a sum of floats";
}

function recurrent(graph: Graph, node: Node): string {
  return whyNotUnrolled(graph, node) ?? "it was not unrolled";
}

/** `the sizes of its inputs are not all known: float32[N, 3, ?, ?]`. */
function openSizes(graph: Graph, node: Node): string {
  const open = node.inputs.flatMap((id) => {
    const value = id === null ? null : valueOf(graph, id);
    return value && staticShape(value.type) === null ? printValueType(valueType(value)) : [];
  });
  return `the sizes of its inputs are not all known: ${open.join(", ")}`;
}
