import {
  ops,
  tensor,
  type Attrs,
  type AttrSpec,
  type AttrValue,
  type Node,
  type OpName,
  type Tensor,
} from "@mpplan/ir";
import { evaluateNode } from "@mpplan/runtime";
import { describe, expect, test } from "vitest";
import { randomNumbers } from "../../../ir/src/testing.js";
import { flat } from "./flat.js";
import { gradients } from "./index.js";
import { probe } from "./probe.js";
import { numbersOf, type GradientContext } from "./rule.js";
import { uncovered } from "./uncovered.js";

type Input = Tensor | readonly number[] | null;

/** float64 of those dims, from a seed. */
function drawn(dims: readonly number[], seed: number, from = -1, to = 1): Tensor {
  const size = dims.reduce((a, b) => a * b, 1);
  const data = Float64Array.from(randomNumbers(size, seed), (x) => from + ((x + 1) / 2) * (to - from));
  return tensor("float64", dims, data);
}

const ints = (...list: number[]): Tensor => tensor("int64", [list.length], BigInt64Array.from(list, BigInt));
const int32s = (...list: number[]): Tensor => tensor("int32", [list.length], Int32Array.from(list));
const scalar = (x: number): Tensor => tensor("float64", [], Float64Array.of(x));
const list = (...xs: number[]): Tensor => tensor("float64", [xs.length], Float64Array.from(xs));

const bools = (dims: readonly number[], ...list: number[]): Tensor =>
  tensor("bool", dims, Uint8Array.from(list));
const indices = (dims: readonly number[], ...list: number[]): Tensor =>
  tensor("int64", dims, BigInt64Array.from(list, BigInt));

/** Tensors whose cotangents are not asked for. */
const unasked = new WeakSet<Tensor>();
const fixed = (t: Tensor): Tensor => {
  unasked.add(t);
  return t;
};
const floats = (...xs: number[]): Tensor => fixed(list(...xs));

function nodeOf(op: OpName, inputs: readonly (Tensor | null)[], attrs: Attrs): Node {
  const defaults: Record<string, AttrValue> = {};
  for (const [name, spec] of Object.entries<AttrSpec>(ops[op].attributes)) {
    if ("default" in spec && spec.default !== undefined) defaults[name] = spec.default;
  }
  return {
    id: "n",
    op,
    inputs: inputs.map((t, i) => t && `x${i}`),
    outputs: ["y"],
    attrs: { ...defaults, ...attrs },
    origin: { name: "n", opType: op, domain: "", opset: 17 },
  };
}

function contextOf(op: OpName, given: readonly Input[], attrs: Attrs = {}, seed = 1): GradientContext {
  const inputs = given.map((input, i) =>
    input === null || "elem" in input ? input : drawn(input, seed * 10 + i),
  );
  const node = nodeOf(op, inputs, attrs);
  const wanted = inputs.map((t) => t?.elem === "float64" && !unasked.has(t));
  return { node, inputs, outputs: evaluateNode(node, inputs), wanted, count: 1 };
}

/** g' J by central differences of g' f, over all float outputs, one input element at a time. */
function differences(
  { node, inputs }: GradientContext,
  g: readonly Float64Array[],
  index: number,
): Float64Array {
  const at = (e: number, step: number): number => {
    const data = numbersOf(inputs[index]).slice();
    data[e]! += step;
    const moved = inputs.map((t, i) => (i === index ? { ...t!, data } : t));
    return evaluateNode(node, moved).reduce(
      (total, t, o) =>
        t.data instanceof Float64Array ? t.data.reduce((sum, y, j) => sum + y * g[o]![j]!, total) : total,
      0,
    );
  };
  const h = 1e-5;
  return numbersOf(inputs[index]).map((_, e) => (at(e, h) - at(e, -h)) / (2 * h));
}

/** A central difference with step 1e-5 of values near 1 is right to about 1e-9. */
const tolerance = 1e-7;

function expectRule(context: GradientContext): void {
  const rule = gradients[context.node.op as keyof typeof gradients];
  const pull = rule(context)!;
  for (const seed of [1, 2]) {
    const g = context.outputs.map(({ data }, o) =>
      data instanceof Float64Array
        ? Float64Array.from(randomNumbers(data.length, seed + 10 * o))
        : new Float64Array(data.length),
    );
    const kept = g.map((own) => own.slice());
    const results = pull(g, (length) => new Float64Array(length));
    expect(g).toEqual(kept);
    for (const [i, wanted] of context.wanted.entries()) {
      if (!wanted) {
        expect(results[i] ?? null).toBeNull();
        continue;
      }
      const expected = differences(context, g, i);
      // Null stands for zeros.
      const result = results[i] ?? new Float64Array(expected.length);
      expect(result.length).toBe(expected.length);
      const worst = expected.reduce((max, x, e) => Math.max(max, Math.abs(x - result[e]!)), 0);
      expect(worst, `input ${i}`).toBeLessThan(tolerance);
    }
  }
}

type RuleCase = readonly [op: OpName, inputs: readonly Input[], attrs?: Attrs];

const positive = (dims: readonly number[], seed = 5): Tensor => drawn(dims, seed, 0.5, 2);

/** Every rule, in the shapes that could go wrong. */
const cases: readonly RuleCase[] = [
  [
    "Add",
    [
      [2, 3],
      [2, 3],
    ],
  ],
  [
    "Add",
    [
      [2, 1, 4],
      [3, 1],
    ],
  ],
  ["Add", [[3], [2, 3]]],
  ["AveragePool", [[2, 3, 5]], { kernel_shape: [3], strides: [2], pads: [1, 1] }],
  ["AveragePool", [[1, 2, 5, 4]], { kernel_shape: [2, 3], pads: [1, 1, 0, 1], count_include_pad: 1 }],
  [
    "AveragePool",
    [[1, 1, 5, 5]],
    { kernel_shape: [2, 2], strides: [2, 2], ceil_mode: 1, count_include_pad: 1 },
  ],
  ["BatchNormalization", [[2, 3, 2, 2], [3], [3], [3], positive([3])]],
  ["BatchNormalization", [[4, 3], [3], [3], [3], positive([3])]],
  ["Cast", [[3, 2]], { to: "float64" }],
  ["Clip", [[4, 5], scalar(-0.4), scalar(0.3)]],
  ["Clip", [[4, 5], null, list(0.1)]],
  [
    "Concat",
    [
      [2, 1, 3],
      [2, 2, 3],
      [2, 1, 3],
    ],
    { axis: -2 },
  ],
  [
    "Concat",
    [
      [2, 3],
      [4, 3],
    ],
    { axis: 0 },
  ],
  ["Conv", [[2, 3, 7], [4, 3, 3], [4]], { strides: [2], pads: [1, 2] }],
  ["Conv", [[2, 4, 5, 6], [6, 2, 3, 2], [6]], { group: 2, strides: [2, 1], pads: [1, 0, 2, 1] }],
  [
    "Conv",
    [
      [1, 2, 7, 7],
      [3, 2, 2, 3],
    ],
    { dilations: [3, 2], pads: [0, 2, 1, 2], strides: [1, 3] },
  ],
  [
    "Conv",
    [
      [1, 3, 5, 5],
      [3, 1, 3, 3],
    ],
    { group: 3, auto_pad: "SAME_UPPER", strides: [2, 2] },
  ],
  ["Conv", [[1, 2, 3, 4, 3], [2, 2, 2, 2, 2], [2]], { pads: [0, 1, 0, 1, 0, 0], dilations: [1, 2, 1] }],
  // A kernel beyond the input: some taps see padding only.
  [
    "Conv",
    [
      [1, 1, 2, 2],
      [1, 1, 5, 5],
    ],
    { pads: [2, 2, 2, 2] },
  ],
  ["Div", [[2, 3], positive([2, 3])]],
  ["Div", [[2, 1, 2], positive([3, 1])]],
  ["Exp", [[3, 4]]],
  ["Flatten", [[2, 3, 4]], { axis: -1 }],
  ["Gather", [[3, 4], tensor("int64", [2, 2], BigInt64Array.of(0n, 2n, -1n, 2n))], { axis: -2 }],
  ["Gather", [[3, 4, 2], ints(1, 1, -4)], { axis: 1 }],
  ["Gemm", [[2, 3], [3, 4], [4]], { alpha: 0.5, beta: 1.5 }],
  [
    "Gemm",
    [
      [3, 2],
      [4, 3],
      [2, 1],
    ],
    { transA: 1, transB: 1, alpha: -2 },
  ],
  [
    "Gemm",
    [
      [2, 3],
      [4, 3],
      [2, 4],
    ],
    { transB: 1 },
  ],
  ["Gemm", [[3, 2], [3, 4], scalar(0.5)], { transA: 1, beta: -1 }],
  [
    "Gemm",
    [
      [2, 3],
      [3, 4],
    ],
  ],
  ["GlobalAveragePool", [[2, 3, 2, 4]]],
  ["Identity", [[2, 3]]],
  ["LeakyRelu", [[4, 5]], { alpha: 0.1 }],
  ["MatMul", [[2, 3], [3, 4], [4]]],
  ["MatMul", [[2, 2, 3], [3, 4], [4]]],
  ["MatMul", [[3], [3, 4]]],
  ["MatMul", [[2, 5, 3], [3]]],
  ["MatMul", [[3], [3]]],
  [
    "MatMul",
    [
      [2, 1, 2, 3],
      [3, 3, 2],
    ],
  ],
  ["MatMul", [[3], [2, 3, 4]]],
  [
    "MatMul",
    [
      [2, 6],
      [6, 9],
    ],
  ],
  ["MaxPool", [[2, 3, 6]], { kernel_shape: [3], strides: [2], pads: [1, 1] }],
  ["MaxPool", [[1, 2, 5, 5]], { kernel_shape: [2, 3], dilations: [2, 1], pads: [1, 0, 0, 1], ceil_mode: 1 }],
  [
    "Mul",
    [
      [2, 3],
      [2, 3],
    ],
  ],
  [
    "Mul",
    [
      [1, 3],
      [2, 1],
    ],
  ],
  ["Neg", [[2, 3]]],
  ["Pad", [[2, 3], ints(1, 0, 0, 2), scalar(0.7)]],
  ["Pad", [[3, 4], ints(2, -1), null, ints(-1)], { mode: "reflect" }],
  ["Pad", [[3, 4], ints(1, 2, 2, 1)], { mode: "edge" }],
  ["Pad", [[3], ints(2, 2)], { mode: "wrap" }],
  ["Pow", [positive([2, 3]), [2, 3]]],
  ["Pow", [positive([2, 3]), scalar(3)]],
  ["Pow", [[2, 3], ints(3)]],
  ["Pow", [[2, 3], ints(2)]],
  ["ReduceMean", [[2, 3, 4], ints(-1, 0)], { keepdims: 0 }],
  ["ReduceMean", [[2, 3, 4], ints(1)]],
  ["ReduceMean", [[2, 3]]],
  ["Relu", [[4, 5]]],
  ["Reshape", [[2, 6], ints(3, -1)]],
  ["RoundTo", [[2, 3]], { format: "binary64" }],
  ["Sigmoid", [[3, 4]]],
  ["Slice", [[4, 5], ints(-1, 0), ints(-5, 9), ints(0, -1), ints(-2, 2)]],
  ["Softmax", [[2, 3, 4]]],
  ["Softmax", [[2, 3, 4]], { axis: -2 }],
  ["Sqrt", [positive([2, 3])]],
  ["Squeeze", [[2, 1, 3], ints(-2)]],
  [
    "Sub",
    [
      [2, 3],
      [2, 3],
    ],
  ],
  ["Sub", [[3], [2, 1, 3]]],
  ["Tanh", [[3, 4]]],
  ["Transpose", [[2, 3, 4]], { perm: [2, 0, 1] }],
  ["Transpose", [[2, 3]]],
  ["Unsqueeze", [[2, 3], ints(-1, 0)]],

  // Functions of one element.
  ...(
    ["Abs", "Asinh", "Atan", "Cos", "Cosh", "Erf", "HardSwish", "Mish", "Sin", "Sinh", "Softplus"] as const
  ).map((op): RuleCase => [op, [[4, 5]]]),
  ...(["Acos", "Asin", "Atanh", "Softsign", "Tan"] as const).map((op): RuleCase => [
    op,
    [drawn([4, 5], 6, -0.9, 0.9)],
  ]),
  ["Acosh", [drawn([4, 5], 6, 1.5, 3)]],
  ["Celu", [[4, 5]], { alpha: 0.7 }],
  ["Elu", [[4, 5]], { alpha: 0.7 }],
  ["Gelu", [drawn([4, 5], 6, -3, 3)]],
  ["Gelu", [drawn([4, 5], 6, -3, 3)], { approximate: "tanh" }],
  ["HardSigmoid", [drawn([4, 5], 6, -3, 3)], { alpha: 0.3, beta: 0.4 }],
  ["HardSwish", [drawn([4, 5], 6, -5, 5)]],
  ["Log", [positive([4, 5])]],
  ["Reciprocal", [positive([4, 5])]],
  ["Selu", [[4, 5]]],
  ["Shrink", [[4, 5]], { bias: 0.2, lambd: 0.4 }],
  ["Swish", [drawn([4, 5], 6, -3, 3)], { alpha: 1.5 }],
  ["ThresholdedRelu", [[4, 5]], { alpha: 0.3 }],
  ...(["Ceil", "Floor", "Round", "Sign", "Hardmax"] as const).map((op): RuleCase => [op, [[4, 5]]]),
  ["ai.onnx.ml.Binarizer", [[4, 5]], { threshold: 0.1 }],
  ["EyeLike", [[4, 5]]],
  ["Range", [scalar(0.3), scalar(4.2), scalar(0.7)]],
  ["CastLike", [[3, 2], [1]]],

  // Of several tensors, broadcast.
  ...(["Max", "Mean", "Min", "Sum"] as const).flatMap((op): RuleCase[] => [
    [op, [[2, 3], [3], [2, 1]]],
    [op, [[2, 3]]],
    [op, [[2, 1, 4], [3, 1], [1]]],
  ]),
  ["Mod", [[2, 3], positive([3])], { fmod: 1 }],
  [
    "PRelu",
    [
      [2, 3, 4],
      [3, 1],
    ],
  ],
  ["Where", [bools([2, 3], 1, 0, 0, 1, 1, 0), [2, 3], [3]]],
  ["Where", [bools([2, 1], 1, 0), [3], [2, 3]]],

  // Moves.
  ["CenterCropPad", [[3, 5], ints(4, 2)]],
  ["Compress", [[3, 4], bools([3], 1, 0, 1)], { axis: -2 }],
  ["Compress", [[2, 3], bools([4], 0, 1, 0, 1)]],
  ["DepthToSpace", [[1, 8, 2, 3]], { blocksize: 2 }],
  ["DepthToSpace", [[2, 4, 1, 2]], { blocksize: 2, mode: "CRD" }],
  ["Expand", [[3, 1], ints(2, 1, 4)]],
  ["GatherElements", [[3, 4], indices([2, 3], 0, -1, 2, 0, 1, 2)], { axis: -2 }],
  ["GatherND", [[3, 4, 2], indices([2, 2], 0, -1, 2, 1)]],
  ["GatherND", [[2, 3, 2], indices([2, 1, 1], 1, -1)], { batch_dims: 1 }],
  [
    "MaxUnpool",
    [[1, 1, 2, 2], indices([1, 1, 2, 2], 5, 7, 13, 15)],
    { kernel_shape: [2, 2], strides: [2, 2] },
  ],
  ["OneHot", [ints(0, 2, -1), ints(3), [2]], { axis: -1 }],
  ["ReverseSequence", [[4, 3, 2], ints(1, 4, 2)], { batch_axis: 1, time_axis: 0 }],
  ["SpaceToDepth", [[1, 2, 4, 2]], { blocksize: 2 }],
  ["Split", [[4, 3], ints(1, 3)], { axis: -2 }],
  ["TensorScatter", [[2, 4, 3], [2, 2, 3], ints(1, 0)]],
  ["Tile", [[2, 3], ints(2, 3)]],
  ["TopK", [[3, 5], ints(2)], { axis: -1 }],
  ["TopK", [[5, 2], ints(3)], { axis: 0, largest: 0 }],
  ["Trilu", [[2, 3, 4]], { upper: 0 }],
  ["Trilu", [[3, 3], tensor("int64", [], BigInt64Array.of(1n))]],
  ...(["none", "add", "mul", "max", "min"] as const).flatMap((reduction): RuleCase[] => [
    ["ScatterElements", [[3, 4], indices([2, 3], 0, -1, 2, 0, 1, 2), [2, 3]], { axis: -2, reduction }],
    ["ScatterND", [[4, 2], indices([3, 1], 1, -1, 1), [3, 2]], { reduction }],
  ]),

  // Running sums, reductions, norms.
  ["CumSum", [[2, 4, 3], tensor("int64", [], BigInt64Array.of(-2n))]],
  ["CumSum", [[2, 4], ints(1)], { exclusive: 1, reverse: 1 }],
  ...(
    [
      "ReduceL1",
      "ReduceL2",
      "ReduceLogSumExp",
      "ReduceMax",
      "ReduceMin",
      "ReduceProd",
      "ReduceSum",
      "ReduceSumSquare",
    ] as const
  ).flatMap((op): RuleCase[] => [
    [op, [[2, 3, 4], ints(-1, 0)], { keepdims: 0 }],
    [op, [[2, 3, 4], ints(1)]],
    [op, [[2, 3]]],
    [op, [[2, 3], ints()], { noop_with_empty_axes: 1 }],
  ]),
  ["ReduceProd", [list(0, 0.5, 2), ints(0)]],
  ["ReduceProd", [list(0, 0.5, 0), ints(0)]],
  ["ReduceLogSum", [positive([2, 3, 4]), ints(-1, 0)]],
  ["GlobalMaxPool", [[2, 3, 2, 4]]],
  ["GlobalLpPool", [[2, 3, 2, 4]], { p: 3 }],
  ["LpPool", [[1, 2, 5, 5]], { kernel_shape: [2, 3], strides: [2, 1], pads: [1, 0, 0, 1] }],
  ["LpPool", [[2, 1, 6]], { kernel_shape: [3], p: 3 }],
  ["LogSoftmax", [[2, 3, 4]], { axis: -2 }],
  ["LogSoftmax", [[4, 3]]],

  // Normalisations.
  ["GroupNormalization", [[2, 4, 3], [4], [4]], { num_groups: 2 }],
  ["InstanceNormalization", [[2, 3, 2, 2], [3], [3]]],
  ["LRN", [[2, 5, 3]], { size: 3, alpha: 0.5, beta: 0.6, bias: 1.2 }],
  ["LRN", [[1, 4, 2]], { size: 4, alpha: 0.9 }],
  ["LayerNormalization", [[2, 3, 4], [4], [4]], { axis: -1, stash_type: "float64" }],
  ["LayerNormalization", [[2, 3, 4], [3, 1], null], { axis: 1 }],
  [
    "LayerNormalization",
    [
      [2, 3, 4],
      [2, 3, 4],
    ],
    { axis: 0 },
  ],
  ["LpNormalization", [[3, 4, 2]], { axis: -2 }],
  ["LpNormalization", [[3, 4]], { p: 1 }],
  ["MeanVarianceNormalization", [[2, 3, 2, 2]], { axes: [0, 2, 3] }],
  [
    "RMSNormalization",
    [
      [2, 3, 4],
      [3, 4],
    ],
    { axis: -2 },
  ],

  // Attention.
  [
    "Attention",
    [
      [1, 2, 3, 4],
      [1, 2, 5, 4],
      [1, 2, 5, 3],
    ],
  ],
  [
    "Attention",
    [
      [2, 3, 8],
      [2, 4, 4],
      [2, 4, 6],
    ],
    { q_num_heads: 4, kv_num_heads: 2, softcap: 0.7, scale: 0.8 },
  ],
  [
    "Attention",
    [[1, 2, 3, 4], [1, 2, 3, 4], [1, 2, 3, 2], null, [1, 2, 2, 4], [1, 2, 2, 2]],
    { is_causal: 1 },
  ],
  [
    "Attention",
    [[1, 1, 2, 4], [1, 1, 3, 4], [1, 1, 3, 2], bools([2, 3], 1, 0, 1, 0, 0, 0)],
    { qk_matmul_output_mode: 3 },
  ],
  ["Attention", [[1, 1, 2, 4], [1, 1, 3, 4], [1, 1, 3, 2], fixed(drawn([2, 3], 7))]],

  // Recurrent networks: X, W, R, B, lengths, initial H, initial C, peepholes.
  [
    "RNN",
    [
      [3, 2, 4],
      [1, 5, 4],
      [1, 5, 5],
    ],
    { hidden_size: 5 },
  ],
  [
    "RNN",
    [[3, 2, 2], [2, 3, 2], [2, 3, 3], [2, 6], int32s(3, 1), [2, 2, 3]],
    {
      direction: "bidirectional",
      activations: ["Affine", "ScaledTanh"],
      activation_alpha: [0.5, 0.7],
      activation_beta: [0.1, 1.2],
      hidden_size: 3,
    },
  ],
  ["GRU", [[3, 2, 4], [1, 6, 4], [1, 6, 2], [1, 12], null, [1, 2, 2]], { hidden_size: 2 }],
  [
    "GRU",
    [
      [2, 3, 4],
      [1, 6, 4],
      [1, 6, 2],
      [1, 12],
    ],
    { hidden_size: 2, linear_before_reset: 1, layout: 1, direction: "reverse" },
  ],
  [
    "LSTM",
    [[3, 2, 4], [1, 8, 4], [1, 8, 2], [1, 16], int32s(2, 3), [1, 2, 2], [1, 2, 2], [1, 6]],
    { hidden_size: 2, direction: "reverse" },
  ],
  [
    "LSTM",
    [[2, 3, 4], [2, 8, 4], [2, 8, 2], [2, 16], null, [2, 2, 2], [2, 2, 2]],
    { hidden_size: 2, layout: 1, direction: "bidirectional", input_forget: 1, clip: 0.6 },
  ],

  // Linear maps.
  ["AffineGrid", [[2, 2, 3], ints(2, 1, 3, 4)]],
  ["AffineGrid", [[1, 3, 4], ints(1, 1, 2, 3, 2)], { align_corners: 1 }],
  ["ConvTranspose", [[2, 3, 4], [3, 2, 3], [2]], { strides: [2], pads: [1, 0], output_padding: [1] }],
  [
    "ConvTranspose",
    [[2, 4, 3, 4], [4, 3, 3, 2], [6]],
    { group: 2, strides: [2, 1], pads: [1, 0, 0, 1], dilations: [1, 2] },
  ],
  [
    "ConvTranspose",
    [
      [1, 1, 2, 2],
      [1, 2, 2, 2],
    ],
  ],
  [
    "Einsum",
    [
      [2, 3],
      [3, 4],
    ],
    { equation: "ij,jk->ik" },
  ],
  ["Einsum", [[3, 3, 2]], { equation: "iij->j" }],
  ["Einsum", [[2, 3, 4], [2, 5, 4], [2]], { equation: "bic,bjc,b->bij" }],
  [
    "Einsum",
    [
      [2, 1, 3],
      [4, 3],
    ],
    { equation: "...i,...i" },
  ],
  ...(["linear", "nearest", "cubic"] as const).flatMap((mode): RuleCase[] =>
    ["zeros", "border", "reflection"].map((padding_mode) => [
      "GridSample",
      [[2, 2, 3, 4], fixed(drawn([2, 2, 3, 2], 8, -1.3, 1.3))],
      { mode, padding_mode },
    ]),
  ),
  ["Resize", [[1, 2, 3, 4], null, floats(1, 1, 2, 1.5)], { mode: "nearest" }],
  ["Resize", [[1, 2, 3, 4], null, floats(1, 1, 2, 0.6)], { mode: "linear" }],
  ["Resize", [[1, 2, 3, 4], null, floats(0.6, 0.6)], { mode: "linear", antialias: 1, axes: [-2, 3] }],
  ["Resize", [[1, 1, 4, 5], null, null, ints(6, 3)], { mode: "cubic", axes: [2, 3], exclude_outside: 1 }],
  [
    "Resize",
    [[1, 1, 4, 5], null, null, ints(1, 1, 7, 5)],
    { mode: "linear", coordinate_transformation_mode: "align_corners" },
  ],
  [
    "Resize",
    [[4, 5], floats(0.2, -0.3, 0.9, 1.4), null, ints(3, 4)],
    { mode: "linear", coordinate_transformation_mode: "tf_crop_and_resize", extrapolation_value: 2 },
  ],
  [
    "RotaryEmbedding",
    [[2, 2, 3, 4], fixed(drawn([5, 2], 3)), fixed(drawn([5, 2], 4)), indices([2, 3], 0, 2, 4, 1, 1, 3)],
  ],
  [
    "RotaryEmbedding",
    [[1, 3, 8], fixed(drawn([1, 3, 1], 3)), fixed(drawn([1, 3, 1], 4))],
    { num_heads: 2, rotary_embedding_dim: 2, interleaved: 1 },
  ],
  [
    "DequantizeLinear",
    [
      tensor("int8", [2, 3], Int8Array.of(1, -2, 3, 4, 5, -6)),
      positive([3]),
      tensor("int8", [3], Int8Array.of(1, 2, 3)),
    ],
    { axis: -1 },
  ],
  [
    "DequantizeLinear",
    [tensor("int8", [4, 2], Int8Array.of(1, -2, 3, 4, 5, -6, 7, 8)), positive([2, 2])],
    { axis: 0, block_size: 2 },
  ],
];

/** Tables and random numbers: nothing passes. */
const passingNothing = [
  "ai.onnx.ml.LabelEncoder",
  "ai.onnx.ml.TreeEnsemble",
  "Bernoulli",
  "RandomNormalLike",
  "RandomUniformLike",
] as const;

/** Roundings have no useful differences, but conventions, which are tested below. */
const testedBelow: readonly string[] = [...passingNothing, "DynamicQuantizeLinear", "QuantizeLinear"];

describe("a rule agrees with central differences of its operator", () => {
  for (const op of Object.keys(gradients).filter((name) => !testedBelow.includes(name))) {
    test(op, () => {
      const own = cases.filter(([name]) => name === op);
      expect(own).not.toEqual([]);
      for (const [, inputs, attrs] of own) {
        for (const seed of [1, 2, 3]) expectRule(contextOf(op as OpName, inputs, attrs, seed));
      }
    });
  }
});

const pulled = (op: OpName, inputs: readonly Input[], g: number[], attrs?: Attrs): number[][] => {
  const context = contextOf(op, inputs, attrs);
  const pull = gradients[op as keyof typeof gradients](context)!;
  return pull([Float64Array.from(g)], (n) => new Float64Array(n)).map((x) => [...(x ?? [])]);
};

test("every operator has a rule, or a reason for having none", () => {
  for (const op of Object.keys(ops)) {
    expect([op, Object.hasOwn(gradients, op), Object.hasOwn(uncovered, op)]).toEqual([
      op,
      !Object.hasOwn(uncovered, op),
      !Object.hasOwn(gradients, op),
    ]);
  }
  expect(Object.keys(uncovered).filter((op) => !Object.hasOwn(ops, op))).toEqual([]);
});

describe("where a derivative does not exist, the convention is", () => {
  test("Relu: 0 at 0; LeakyRelu: 1; Clip: 0 at either bound", () => {
    expect(pulled("Relu", [list(-1, 0, 1)], [1, 1, 1])).toEqual([[0, 0, 1]]);
    expect(pulled("LeakyRelu", [list(-1, 0, 1)], [1, 1, 1], { alpha: 0.5 })).toEqual([[0.5, 1, 1]]);
    expect(pulled("Clip", [list(-1, 0, 1, 2), scalar(-1), scalar(1)], [1, 1, 1, 1])[0]).toEqual([0, 1, 0, 0]);
  });

  test("MaxPool: the first of equal maxima takes all", () => {
    const x = tensor("float64", [1, 1, 4], Float64Array.of(2, 2, 1, 2));
    expect(pulled("MaxPool", [x], [1, 10, 100], { kernel_shape: [2] })).toEqual([[1, 10, 0, 100]]);
  });

  test("rounding counts as none, also to float32; a cast from or to integers passes nothing", () => {
    expect(pulled("RoundTo", [list(0.3, 5)], [1, 2], { format: "ieee-e4m3" })).toEqual([[1, 2]]);
    expect(pulled("Cast", [list(0.3, 5)], [1, 2], { to: "float32" })).toEqual([[1, 2]]);
    expect(pulled("Cast", [list(0.3, 5)], [1, 2], { to: "int32" })).toEqual([[]]);
    expect(pulled("Cast", [ints(1, 2)], [1, 2], { to: "float64" })).toEqual([[]]);
  });

  test("Max, Min: the last of equal operands takes all; ReduceMax, ReduceMin: the first of equal elements", () => {
    expect(pulled("Max", [list(1, 2), list(1, 1)], [1, 1])).toEqual([
      [0, 1],
      [1, 0],
    ]);
    expect(pulled("Min", [list(1, 2), list(1, 1)], [1, 1])[1]).toEqual([1, 1]);
    expect(pulled("ReduceMax", [list(1, 2, 2)], [1])).toEqual([[0, 1, 0]]);
    expect(pulled("ReduceMin", [list(1, 1, 2)], [1])).toEqual([[1, 0, 0]]);
  });

  test("a norm of zeros passes nothing", () => {
    expect(pulled("ReduceL2", [list(0, 0)], [1])).toEqual([[0, 0]]);
    expect(pulled("LpNormalization", [list(0, 0)], [1, 1])).toEqual([[0, 0]]);
  });

  test("QuantizeLinear: the rounding counts as none, and what saturates passes nothing", () => {
    const [scale, zero] = [scalar(0.5), tensor("int8", [], Int8Array.of(10))];
    // 200 / 0.5 + 10 is beyond 127.
    expect(pulled("QuantizeLinear", [list(1.1, 200, -3), scale, zero], [1, 1, 1])).toEqual([
      [2, 0, 2],
      [-4 * 1.1 + 12],
      [],
    ]);
    const e4m3 = pulled("QuantizeLinear", [list(1.1, 500, -3), scale], [1, 1, 1], {
      output_dtype: "float8e4m3fn",
    });
    expect(e4m3[0]).toEqual([2, 0, 2]);
  });

  test("DynamicQuantizeLinear: the rounding counts as none; scale and zero point pass nothing", () => {
    const context = contextOf("DynamicQuantizeLinear", [fixed(list(-1, 0.3, 50))]);
    const pull = gradients.DynamicQuantizeLinear(context)!;
    const scale = context.outputs[1]!.data[0] as number;
    const g = [Float64Array.of(1, 2, 0), Float64Array.of(7), Float64Array.of(9)];
    expect(pull(g, (n) => new Float64Array(n))).toEqual([Float64Array.of(1 / scale, 2 / scale, 0)]);
  });

  test.each(passingNothing)("%s passes nothing", (op) => {
    expect(gradients[op]).toBe(flat);
  });

  test("an infinite slope passes nothing of a zero", () => {
    expect(pulled("Sqrt", [list(0, 4)], [0, 1])).toEqual([[0, 0.25]]);
  });
});

describe("an operator without a rule is probed", () => {
  /** The parts that the rule and the probe give. */
  function both(op: OpName, inputs: readonly Input[], count: number, attrs?: Attrs) {
    const context = { ...contextOf(op, inputs, attrs), count };
    const g = Float64Array.from(randomNumbers(context.outputs[0]!.data.length, 9));
    const room = (n: number): Float64Array => new Float64Array(n);
    const found = probe(context);
    const rule = gradients[op as keyof typeof gradients](context);
    return { how: found.how, probed: found.pull([g], room), ruled: rule!([g], room) };
  }

  const elementwise = "central differences, all elements at once (it is elementwise)";
  const single = "central differences, element by element";
  test.each([
    ["Tanh", [[40, 50]], 2, undefined, elementwise],
    [
      "Mul",
      [
        [4, 1, 5],
        [3, 1],
      ],
      4,
      undefined,
      elementwise,
    ],
    ["Softmax", [[4, 6]], 4, undefined, single],
    ["Softmax", [[4, 6]], 4, { axis: 0 }, single],
    ["Transpose", [[3, 3]], 1, undefined, single],
    [
      "MatMul",
      [
        [2, 3, 4],
        [2, 4, 5],
      ],
      2,
      undefined,
      single,
    ],
    // 64 samples of 100 elements: too much for one matrix, not for one a sample.
    ["Softmax", [[64, 100]], 64, undefined, single],
  ] as const)("%s of %j, %i samples", (op, inputs, count, attrs, how) => {
    const found = both(op, inputs, count, attrs);
    expect(found.how).toBe(how);
    for (const i of inputs.keys()) {
      const worst = found.ruled[i]!.reduce(
        (max, x, e) => Math.max(max, Math.abs(x - found.probed[i]![e]!)),
        0,
      );
      expect(worst).toBeLessThan(tolerance);
    }
  });

  test("where that is too much, the gradient stops, and says so", () => {
    const found = both("Softmax", [[1, 600]], 1);
    expect(found.how).toBe("the gradient stops here: 600 x 600 derivatives are too many to measure");
    expect(found.probed).toEqual([null]);
  });
});
