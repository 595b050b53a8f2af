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
import { gradients } from "./index.js";
import { probe } from "./probe.js";
import { numbersOf, type GradientContext } from "./rule.js";

type Input = Tensor | readonly number[] | null;

/** float64 of those dims, from a seed. */
function drawn(dims: readonly number[], seed: number, from = -1, to = 1): Tensor {
  const size = dims.reduce((a, b) => a * b, 1);
  const data = Float64Array.from(randomNumbers(size, seed), (x) => from + ((x + 1) / 2) * (to - from));
  return tensor("float64", dims, data);
}

const ints = (...list: number[]): Tensor => tensor("int64", [list.length], BigInt64Array.from(list, BigInt));
const scalar = (x: number): Tensor => tensor("float64", [], Float64Array.of(x));
const list = (...xs: number[]): Tensor => tensor("float64", [xs.length], Float64Array.from(xs));

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
  const wanted = inputs.map((t) => t?.elem === "float64");
  return { node, inputs, outputs: evaluateNode(node, inputs), wanted, count: 1 };
}

/** g' J by central differences of g' f, one input element at a time. */
function differences({ node, inputs }: GradientContext, g: Float64Array, index: number): Float64Array {
  const at = (e: number, step: number): number => {
    const data = numbersOf(inputs[index]).slice();
    data[e]! += step;
    const moved = inputs.map((t, i) => (i === index ? { ...t!, data } : t));
    return numbersOf(evaluateNode(node, moved)[0]).reduce((sum, y, j) => sum + y * g[j]!, 0);
  };
  const h = 1e-5;
  return numbersOf(inputs[index]).map((_, e) => (at(e, h) - at(e, -h)) / (2 * h));
}

/** A central difference with step 1e-5 of values near 1 is right to about 1e-9. */
const tolerance = 1e-7;

function expectRule(context: GradientContext): void {
  const rule = gradients[context.node.op as keyof typeof gradients];
  const size = context.outputs[0]!.data.length;
  const pull = rule(context);
  for (const seed of [1, 2]) {
    const g = Float64Array.from(randomNumbers(size, seed));
    const kept = g.slice();
    const results = pull([g], (length) => new Float64Array(length));
    expect(g).toEqual(kept);
    for (const [i, wanted] of context.wanted.entries()) {
      if (!wanted) {
        expect(results[i] ?? null).toBeNull();
        continue;
      }
      const expected = differences(context, g, i);
      const result = results[i]!;
      expect(result.length).toBe(expected.length);
      const worst = expected.reduce((max, x, e) => Math.max(max, Math.abs(x - result[e]!)), 0);
      expect(worst, `input ${i}`).toBeLessThan(tolerance);
    }
  }
}

const positive = (dims: readonly number[], seed = 5): Tensor => drawn(dims, seed, 0.5, 2);

/** Every rule, in the shapes that could go wrong: op, inputs, attributes. */
const cases: readonly (readonly [OpName, readonly Input[], Attrs?])[] = [
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
];

describe("a rule agrees with central differences of its operator", () => {
  for (const op of Object.keys(gradients)) {
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
  const pull = gradients[op as keyof typeof gradients](context);
  return pull([Float64Array.from(g)], (n) => new Float64Array(n)).map((x) => [...(x ?? [])]);
};

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
    return { how: found.how, probed: found.pull([g], room), ruled: rule([g], room) };
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
