// Folds an inference BatchNormalization into the Conv, Gemm or MatMul before it.
import { constantInput, consumers, valueOf, type Graph, type Node } from "../graph.js";
import { floatAttr } from "../ops/define.js";
import { tensor, type Tensor } from "../types.js";
import { Rewrite, soleReader, type PassResult } from "./pass.js";

/**
 * y = scale (x - mean) / sqrt(variance + epsilon) + B of x = W h + b is W' h + b' with
 * g = scale / sqrt(variance + epsilon), W' = g W, b' = B + g (b - mean), computed in binary64 and stored in
 * the weights' own type. Only where the normalisation alone reads the sum, everything but h is constant, and
 * the channel is the sum's neuron.
 */
export function foldBatchNorm(graph: Graph): PassResult {
  const rewrite = new Rewrite(graph);
  const readers = consumers(graph);
  for (const node of graph.nodes) {
    if (node.op !== "Conv" && node.op !== "Gemm" && node.op !== "MatMul") continue;
    const norm = soleReader(graph, node.outputs[0]!, readers);
    if (norm?.op !== "BatchNormalization") continue;
    const folded = fold(graph, node, norm);
    if (!folded) continue;
    const weights = rewrite.constant(`${node.inputs[1]}.folded`, folded.weights);
    const bias = rewrite.constant(`${node.id}.bias.folded`, folded.bias);
    rewrite.replace(node, [
      { ...node, inputs: [node.inputs[0]!, weights, bias], outputs: norm.outputs.slice(0, 1) },
    ]);
    rewrite.replace(norm, []);
  }
  return rewrite.finish();
}

function fold(graph: Graph, node: Node, norm: Node): { weights: Tensor; bias: Tensor } | null {
  const weights = constantInput(graph, node, 1);
  const bias = constantInput(graph, node, 2);
  const [scale, shift, mean, variance] = [1, 2, 3, 4].map(
    (i) => constantInput(graph, norm, i)?.data as Float32Array,
  );
  if (weights?.elem !== "float32" || !scale || !shift || !mean || !variance) return null;
  if (node.inputs[2] != null && !bias) return null;
  const channels = scale.length;
  // Where in the weights the neuron stands: first axis of Conv and transposed Gemm, last axis otherwise.
  const first = node.op === "Conv" || node.attrs["transB"] === 1;
  if (!first && weights.dims.length !== 2) return null;
  // A batch of matrices has its channels on axis 1, and the sums' neurons on the last.
  if (node.op === "MatMul" && valueOf(graph, node.outputs[0]!).type?.shape?.length !== 2) return null;
  if (weights.dims[first ? 0 : 1] !== channels) return null;
  if (node.op === "Gemm" && (node.attrs["alpha"] !== 1 || node.attrs["beta"] !== 1)) return null;
  // One number per column: a Gemm's C may vary from row to row instead.
  if (bias && (bias.data.length !== channels || bias.dims.at(-1) !== channels)) return null;

  const epsilon = floatAttr(norm, "epsilon");
  const gain = Float64Array.from(scale, (s, c) => s / Math.sqrt(variance[c]! + epsilon));
  const stride = weights.data.length / channels;
  const source = weights.data as Float32Array;
  const scaled = source.map((w, i) => gain[first ? Math.floor(i / stride) : i % channels]! * w);
  const moved = Float32Array.from(gain, (g, c) => shift[c]! + g * (Number(bias?.data[c] ?? 0) - mean[c]!));
  return { weights: tensor("float32", weights.dims, scaled), bias: tensor("float32", [channels], moved) };
}
