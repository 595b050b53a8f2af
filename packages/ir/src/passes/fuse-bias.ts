// Moves an Add of a constant that follows a sum into the sum's bias, so that it is planned as one.
import { constantInput, consumers, valueOf, type Graph, type Node } from "../graph.js";
import { sizeOf, staticShape, tensor, type Tensor } from "../types.js";
import { Rewrite, soleReader, type PassResult } from "./pass.js";

/**
 * 1. MatMul by a constant matrix, then Add of one constant per column: MatMul's third input.
 * 2. Conv without bias, then Add of one constant per channel: Conv's third input.
 * 3. Gemm without C, then Add of one constant per column: Gemm's third input.
 * Only where the Add alone reads the sum, and does not broadcast it to a larger shape.
 */
export function fuseBias(graph: Graph): PassResult {
  const rewrite = new Rewrite(graph);
  const readers = consumers(graph);
  for (const node of graph.nodes) {
    if (!takesBias(graph, node)) continue;
    const add = soleReader(graph, node.outputs[0]!, readers);
    if (add?.op !== "Add") continue;
    const side = add.inputs[0] === node.outputs[0] ? 1 : 0;
    const constant = constantInput(graph, add, side);
    const bias = constant && perNeuron(graph, node, constant);
    if (!bias) continue;
    const id = rewrite.constant(`${add.inputs[side]}.bias`, bias);
    rewrite.replace(node, [
      { ...node, inputs: [node.inputs[0]!, node.inputs[1]!, id], outputs: add.outputs },
    ]);
    rewrite.replace(add, []);
  }
  return rewrite.finish();
}

function takesBias(graph: Graph, node: Node): boolean {
  if (node.inputs[2] != null) return false;
  if (node.op === "MatMul") return constantInput(graph, node, 1)?.dims.length === 2;
  if (node.op === "Gemm") return node.attrs["beta"] === 1;
  return node.op === "Conv";
}

/** The constant as one number per neuron, or null where it varies along another axis. */
function perNeuron(graph: Graph, node: Node, constant: Tensor): Tensor | null {
  const type = valueOf(graph, node.outputs[0]!).type;
  const weights = staticShape(valueOf(graph, node.inputs[1]!).type);
  if (!type?.shape || !weights || constant.elem !== type.elem) return null;
  const rank = type.shape.length;
  const axis = node.op === "Conv" ? 1 : rank - 1;
  const neurons =
    node.op === "Conv"
      ? weights[0]!
      : node.op === "Gemm" && node.attrs["transB"] === 1
        ? weights[0]!
        : weights[1]!;
  if (constant.dims.length > rank) return null;
  const aligned = [...Array<number>(rank - constant.dims.length).fill(1), ...constant.dims];
  if (!aligned.every((dim, i) => (i === axis ? dim === neurons || dim === 1 : dim === 1))) return null;
  const data = new Float32Array(neurons);
  const one = sizeOf(constant.dims) === 1;
  for (let i = 0; i < neurons; i++) data[i] = Number(constant.data[one ? 0 : i]);
  return constant.elem === "float32" ? tensor("float32", [neurons], data) : null;
}
