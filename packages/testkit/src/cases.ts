// What the kernel suite tries: sums of many shapes in many accumulators and modes, and operators without sums. All of it
// follows from a seed; the names say everything, so that a gap can be named too.
import { seededRandom } from "@mpplan/formats";
import {
  printAccumulator,
  tensor,
  type Accumulator,
  type Arrangement,
  type Attrs,
  type Choice,
  type Node,
  type RecomputeTest,
  type Tensor,
} from "@mpplan/ir";
import { accumulatorOf, nodeOf, numbers, type NumbersName } from "./sums.js";

/** A node with sums: its operands' dims, and how many neurons decide over them. */
interface Shape {
  readonly name: string;
  readonly op: "Conv" | "Gemm" | "MatMul";
  readonly dims: readonly (readonly number[] | null)[];
  readonly attrs: Attrs;
  readonly neurons: number;
  /** Terms that an arrangement may permute. */
  readonly terms: number;
}

export interface Range {
  readonly start: number;
  readonly end: number;
  readonly choice: Choice;
}

/** One node under one decision. */
export interface SumCase {
  readonly name: string;
  readonly node: Node;
  readonly inputs: readonly (Tensor | null)[];
  readonly neurons: number;
  readonly accumulators: readonly Accumulator[];
  readonly ranges: readonly Range[];
  readonly arrangement?: Arrangement;
  /** Left out where products are summed. */
  readonly term?: "value";
}

/** One operator without sums. */
export interface PlainCase {
  readonly name: string;
  readonly node: Node;
  readonly inputs: readonly (Tensor | null)[];
}

const conv = (attrs: Attrs): Attrs => ({
  auto_pad: "NOTSET",
  group: 1,
  ...attrs,
});
const gemm = (attrs: Attrs): Attrs => ({ alpha: 1, beta: 1, transA: 0, transB: 0, ...attrs });

const shapes: readonly Shape[] = [
  { name: "Gemm", op: "Gemm", dims: [[3, 37], [37, 11], [11]], attrs: gemm({}), neurons: 11, terms: 37 },
  {
    ...{
      name: "Gemm, transposed, alpha and beta",
      op: "Gemm",
      dims: [
        [19, 5],
        [9, 19],
        [5, 9],
      ],
    },
    ...{ attrs: gemm({ transA: 1, transB: 1, alpha: 0.375, beta: -1.25 }), neurons: 9, terms: 19 },
  },
  {
    name: "MatMul, no bias",
    op: "MatMul",
    dims: [
      [2, 3, 21],
      [21, 7],
    ],
    attrs: {},
    neurons: 7,
    terms: 21,
  },
  {
    name: "MatMul, heads",
    op: "MatMul",
    dims: [
      [2, 3, 4, 9],
      [3, 9, 5],
    ],
    attrs: {},
    neurons: 3,
    terms: 9,
  },
  {
    ...{ name: "Conv, padded", op: "Conv", dims: [[2, 3, 6, 5], [8, 3, 3, 3], [8]], neurons: 8, terms: 3 },
    attrs: conv({ pads: [1, 1, 1, 1] }),
  },
  {
    ...{ name: "Conv, depthwise", op: "Conv", dims: [[1, 6, 7, 7], [6, 1, 3, 3], [6]], neurons: 6, terms: 1 },
    attrs: conv({ group: 6, strides: [2, 1] }),
  },
  {
    ...{
      name: "Conv, grouped and dilated",
      op: "Conv",
      dims: [
        [1, 4, 8, 6],
        [6, 2, 2, 3],
      ],
      neurons: 6,
      terms: 2,
    },
    attrs: conv({ group: 2, dilations: [2, 1], pads: [0, 1, 2, 0] }),
  },
];

const blocked = { kind: "blocked", block: 8 } as const;

/** Every product rule, order and kind of format at least once. */
const accumulators: readonly Accumulator[] = [
  accumulatorOf({ order: blocked }),
  accumulatorOf({ order: blocked, product: "fma-f32" }),
  accumulatorOf({ product: "fma", overflow: "infinity" }),
  accumulatorOf({ product: "rounded" }),
  accumulatorOf({ format: "binary16", order: blocked }),
  accumulatorOf({ format: "binary16", product: "fma", overflow: "infinity" }),
  accumulatorOf({
    format: "binary16",
    product: "rounded",
    order: { kind: "pairwise" },
    overflow: "infinity",
  }),
  accumulatorOf({ format: "bfloat16", overflow: "infinity" }),
  accumulatorOf({ format: "bfloat16", product: "fma", order: { kind: "blocked", block: 5 } }),
  accumulatorOf({ format: "tf32", product: "fma-f32" }),
  accumulatorOf({ format: "binary32", overflow: "infinity" }),
  accumulatorOf({ format: "binary32", product: "fma", order: { kind: "pairwise" }, overflow: "infinity" }),
  accumulatorOf({ format: "binary32", product: "rounded", order: blocked }),
  accumulatorOf({ format: "ocp-e4m3", order: { kind: "chunked", chunk: 16, outer: "binary32" } }),
  accumulatorOf({
    format: "ocp-e5m2",
    product: "fma",
    order: { kind: "chunked", chunk: 4, outer: "binary16" },
  }),
  accumulatorOf({ format: "e2m3", product: "rounded" }),
  accumulatorOf({ format: "e5m15", product: "fma", order: blocked }),
  accumulatorOf({ order: { kind: "aligned", group: 4, bits: 12 } }),
  accumulatorOf({ format: "binary16", rounding: "toward-zero" }),
  accumulatorOf({ format: "binary16", rounding: "stochastic" }),
  accumulatorOf({ format: "binary64" }),
];

const kinds = ["network", "full", "ties", "wide", "cancelling", "subnormal", "large", "special"] as const;

/** Sums in one accumulator each: every accumulator on two shapes, on numbers of two kinds. */
export function uniformCases(seed: number): SumCase[] {
  const random = seededRandom(seed);
  const pick = (n: number): number => Math.floor((random() / 2 ** 24) * n);
  return accumulators.flatMap((accumulator, i) =>
    [0, 1].map((turn) => {
      const shape = shapes[(i * 3 + turn * 2 + pick(2)) % shapes.length]!;
      const kind = kinds[(i * 5 + turn * 3) % kinds.length]!;
      const choice = { mode: "static", use: 0 } as const;
      const ranges = [{ start: 0, end: shape.neurons, choice }];
      const what = printAccumulator(accumulator);
      return sumCase(`${shape.name}; ${what}; ${kind} numbers`, shape, kind, i * 2 + turn + seed, {
        accumulators: [accumulator],
        ranges,
      });
    }),
  );
}

const some = [accumulators[0]!, accumulators[4]!, accumulators[10]!];

const tests = {
  kappa: { rule: "kappa", tau: 1.5, activation: "relu" },
  "kappa of tanh": { rule: "kappa", tau: 0.7, activation: "tanh" },
  "kappa-full": { rule: "kappa-full", tau: 20, activation: "relu" },
  contribution: { rule: "contribution", activation: "relu", thresholds: [] },
  "contribution of tanh": { rule: "contribution", activation: "tanh", thresholds: [] },
  softmax: { rule: "softmax", tau: 0.2, scale: 1 },
  random: { rule: "random", share: 0.4, seed: 5 },
  "random-live": { rule: "random-live", share: 0.6, seed: 9, activation: "relu" },
} as const satisfies Record<string, RecomputeTest>;

/** Decisions that mix: static, dynamic by every rule, hybrid, arranged. */
export function mixedCases(seed: number): SumCase[] {
  const cases: SumCase[] = [];
  const add = (name: string, shape: Shape, ranges: Range[], arrangement?: Arrangement): void => {
    const decision = { accumulators: some, ranges, ...(arrangement && { arrangement }) };
    cases.push(sumCase(`${shape.name}; ${name}`, shape, "network", seed + cases.length, decision, 3));
  };
  for (const shape of shapes) {
    add(
      "static mix",
      shape,
      each(shape, (n) => ({ mode: "static", use: n % 3 })),
    );
    add(
      "static mix, terms and scales",
      shape,
      each(shape, (n) => ({ mode: "static", use: (n * 2) % 3 })),
      {
        terms: Array.from({ length: shape.terms }, (_, i) => shape.terms - 1 - i),
        scales: Array.from({ length: shape.neurons }, (_, n) => (n % 5) - 2),
      },
    );
  }
  for (const [i, [name, test]] of Object.entries(tests).entries()) {
    for (const shape of [shapes[i % shapes.length]!, shapes[(i + 3) % shapes.length]!]) {
      const choice = { mode: "dynamic", low: 0, high: 1, test: withThresholds(test, shape.neurons) } as const;
      const scales = Array.from({ length: shape.neurons }, (_, n) => n % 3);
      add(
        `dynamic by ${name}`,
        shape,
        [{ start: 0, end: shape.neurons, choice }],
        i % 2 ? { scales } : undefined,
      );
    }
  }
  for (const shape of shapes) {
    const hybrid = (n: number): Choice => {
      if (n % 3 === 0) return { mode: "static", use: n % 2 };
      const [low, high] = n % 2 ? [0, 1] : [1, 2];
      return { mode: "dynamic", low: low!, high: high!, test: { ...tests.kappa, tau: 1 + (n % 4) } };
    };
    add("hybrid", shape, each(shape, hybrid));
  }
  return cases;
}

function withThresholds(test: RecomputeTest, neurons: number): RecomputeTest {
  if (test.rule !== "contribution") return test;
  return { ...test, thresholds: Array.from({ length: neurons }, (_, n) => (n % 4) * 0.25 - 0.2) };
}

function each(shape: Shape, choice: (neuron: number) => Choice): Range[] {
  return Array.from({ length: shape.neurons }, (_, n) => ({ start: n, end: n + 1, choice: choice(n) }));
}

function sumCase(
  name: string,
  { op, dims, attrs, neurons }: Shape,
  kind: NumbersName,
  seed: number,
  decision: Pick<SumCase, "accumulators" | "ranges" | "arrangement">,
  scale = 1,
): SumCase {
  const inputs = dims.map((d, i) => d && tensorOf(d, kind, seed * 10 + i, scale));
  return { name, node: nodeOf(op, inputs.length, attrs), inputs, neurons, ...decision };
}

function tensorOf(dims: readonly number[], kind: NumbersName, seed: number, scale = 1): Tensor {
  const data = numbers[kind](
    dims.reduce((product, d) => product * d, 1),
    seed,
  );
  return tensor("float32", dims, scale === 1 ? data : data.map((x) => x * scale));
}

/** Operators that add up plain values: dims of x, attributes, axes, and how many inputs of one number per channel. */
const adding: readonly (readonly [Node["op"], readonly number[], Attrs, number])[] = [
  ["AveragePool", [2, 3, 7, 5], { kernel_shape: [3, 2], strides: [2, 1], pads: [1, 1, 1, 0] }, 0],
  ["AveragePool", [1, 2, 6, 6], { kernel_shape: [3, 3], pads: [1, 1, 1, 1], count_include_pad: 1 }, 0],
  ["AveragePool", [2, 3, 19], { kernel_shape: [7], dilations: [2], ceil_mode: 1, strides: [3] }, 0],
  ["GlobalAveragePool", [2, 5, 7, 5], {}, 0],
  ["GroupNormalization", [2, 6, 4], { epsilon: 1e-5, num_groups: 3, stash_type: "float32" }, 2],
  ["InstanceNormalization", [2, 4, 5, 3], { epsilon: 1e-5 }, 2],
  ["LayerNormalization", [5, 19], { axis: -1, epsilon: 1e-5, stash_type: "float32" }, 2],
  ["LogSoftmax", [3, 19], { axis: -1 }, 0],
  ["RMSNormalization", [5, 19], { axis: -1, epsilon: 1e-5, stash_type: "float32" }, 1],
  ["ReduceL1", [2, 3, 11], { keepdims: 1, noop_with_empty_axes: 0 }, 0],
  ["ReduceL2", [2, 3, 11], { keepdims: 1, noop_with_empty_axes: 0 }, 0],
  ["ReduceMean", [4, 3, 11], { keepdims: 0, noop_with_empty_axes: 0 }, 0],
  ["ReduceSum", [3, 37], { keepdims: 1, noop_with_empty_axes: 0 }, 0],
  ["ReduceSumSquare", [2, 3, 11], { keepdims: 1, noop_with_empty_axes: 0 }, 0],
  ["Softmax", [3, 19], { axis: -1 }, 0],
];

const windowed: Attrs = { auto_pad: "NOTSET", ceil_mode: 0, count_include_pad: 0 };

/** Sums of plain values in one accumulator each: every operator in five, every accumulator on two. */
export function valueCases(seed: number): SumCase[] {
  return adding.flatMap(([op, dims, attrs, more], i) =>
    Array.from({ length: 5 }, (_, turn) => {
      const accumulator = accumulators[(i * 5 + turn) % accumulators.length]!;
      const kind = kinds[(i * 3 + turn) % kinds.length]!;
      const inputs: Tensor[] = [tensorOf(dims, kind, seed + i * 100 + turn)];
      for (let k = 0; k < more; k++) inputs.push(tensorOf([dims[1]!], "full", seed + k));
      // Means are along the first and the last axis: what they cover is scattered.
      if (op === "ReduceMean") inputs.push(integers(0, -1));
      return {
        name: `${op} of [${dims.join(", ")}]; ${printAccumulator(accumulator)}; ${kind} values`,
        node: nodeOf(op, inputs.length, op === "AveragePool" ? { ...windowed, ...attrs } : attrs),
        ...{ inputs, neurons: more === 2 ? 2 : 1, accumulators: [accumulator], term: "value" as const },
        ranges: [{ start: 0, end: more === 2 ? 2 : 1, choice: { mode: "static", use: 0 } }],
      };
    }),
  );
}

const integers = (...list: number[]): Tensor =>
  tensor("int64", [list.length], BigInt64Array.from(list, BigInt));
const float = (x: number): Tensor => tensor("float32", [], Float32Array.of(x));
const floats = (...list: number[]): Tensor => tensor("float32", [list.length], Float32Array.from(list));
/** Every second one true. */
const truths = (...dims: number[]): Tensor =>
  tensor(
    "bool",
    dims,
    Uint8Array.from({ length: dims.reduce((product, d) => product * d, 1) }, (_, i) => i % 2),
  );

const resized = (mode: string, coordinates: string, nearest = "round_prefer_floor"): Attrs => ({
  ...{ antialias: 0, coordinate_transformation_mode: coordinates, cubic_coeff_a: -0.75, exclude_outside: 0 },
  ...{ extrapolation_value: 0, keep_aspect_ratio_policy: "stretch", mode, nearest_mode: nearest },
});

const withOutputs = (count: number, each: PlainCase): PlainCase => ({
  ...each,
  node: { ...each.node, outputs: Array.from({ length: count }, (_, i) => `y${i}`) },
});

/** Operators between sums, as networks use them. */
export function plainCases(seed: number): PlainCase[] {
  let next = seed * 1000;
  const x = (...dims: number[]): Tensor => tensorOf(dims, "full", next++, 2);
  const positive = (...dims: number[]): Tensor => tensorOf(dims, "positive", next++);
  const make = (op: Node["op"], inputs: (Tensor | null)[], attrs: Attrs = {}, note = ""): PlainCase => ({
    name: `${op}${note && `, ${note}`}`,
    node: nodeOf(op, inputs.length, attrs),
    inputs,
  });
  const window = { auto_pad: "NOTSET", ceil_mode: 0 };
  const keep = { keepdims: 1, noop_with_empty_axes: 0 };
  const last = { axis: -1, epsilon: 1e-5 };
  return [
    make("Abs", [x(3, 5)]),
    make("Add", [x(2, 3, 4), x(3, 1)], {}, "broadcast"),
    make("Add", [integers(1, 2, 3), integers(4)], {}, "integers"),
    make("AveragePool", [x(2, 3, 6, 6)], {
      ...{ ...window, kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1], count_include_pad: 0 },
    }),
    make("BatchNormalization", [x(2, 3, 4, 4), x(3), x(3), x(3), positive(3)], {
      ...{ epsilon: 1e-5, momentum: 0.9, training_mode: 0 },
    }),
    make("Cast", [x(3, 4)], { to: "float32", saturate: 1, round_mode: "up" }),
    make("Ceil", [x(3, 5)]),
    make("Clip", [x(4, 7), float(-0.5), float(0.75)]),
    make("Concat", [x(2, 3, 4), x(2, 1, 4), x(2, 2, 4)], { axis: 1 }),
    make("Div", [x(3, 4), positive(4)]),
    make("Elu", [x(5, 9)], { alpha: 0.75 }),
    make("Erf", [x(5, 9)]),
    make("Exp", [x(3, 5)]),
    make("Expand", [x(3, 1), integers(2, 1, 4)]),
    make("Flatten", [x(2, 3, 4)], { axis: 1 }),
    make("Floor", [x(3, 5)]),
    make("Gather", [x(5, 4), integers(3, 0, -1)], { axis: 0 }),
    make("Gelu", [x(5, 9)], { approximate: "none" }),
    make("Gelu", [x(5, 9)], { approximate: "tanh" }, "tanh"),
    make("GlobalAveragePool", [x(2, 3, 5, 4)]),
    make("GlobalMaxPool", [x(2, 3, 5, 4)]),
    make("GlobalMaxPool", [tensorOf([4, 8, 2, 2], "special", seed)], {}, "special"),
    make("GroupNormalization", [x(2, 4, 3), x(4), x(4)], {
      epsilon: 1e-5,
      num_groups: 2,
      stash_type: "float32",
    }),
    make("HardSigmoid", [x(3, 5)], { alpha: 0.25, beta: 0.5 }),
    make("HardSwish", [x(5, 9)]),
    make("Identity", [x(3, 5)]),
    make("InstanceNormalization", [x(2, 3, 4), x(3), x(3)], { epsilon: 1e-5 }),
    withOutputs(
      3,
      make("LayerNormalization", [x(2, 3, 4), x(3, 4), x(4)], {
        axis: 1,
        epsilon: 1e-5,
        stash_type: "float32",
      }),
    ),
    make("LayerNormalization", [x(2, 3, 4), x(4)], { ...last, stash_type: "float32" }, "no bias"),
    make("LeakyRelu", [x(3, 5)], { alpha: 0.125 }),
    make("Log", [positive(5, 9)]),
    make("LogSoftmax", [x(3, 7)], { axis: -1 }),
    make("LogSoftmax", [x(2, 5, 3)], { axis: 1 }, "middle axis"),
    make("Max", [x(2, 3, 4), x(3, 1), x(4)], {}, "three"),
    make("Max", [tensorOf([40], "special", seed), tensorOf([40], "special", seed + 1)], {}, "special"),
    make("MaxPool", [x(2, 3, 7, 6)], {
      ...{ ...window, kernel_shape: [3, 2], strides: [2, 2], pads: [1, 0, 1, 0], storage_order: 0 },
    }),
    make(
      "MaxPool",
      [tensorOf([2, 3, 6, 6], "special", seed)],
      { ...window, kernel_shape: [2, 2], strides: [2, 2], pads: [0, 0, 0, 0], storage_order: 0 },
      "special",
    ),
    make("Mean", [x(3, 4), x(4), x(3, 1)]),
    make("Min", [x(2, 3, 4), x(3, 1), x(4)], {}, "three"),
    make("Min", [tensorOf([40], "special", seed), tensorOf([40], "special", seed + 1)], {}, "special"),
    make("Mul", [x(2, 3, 4), x(4)]),
    make("Neg", [x(3, 5)]),
    make("PRelu", [x(2, 3, 4), x(3, 1)]),
    make("Pad", [x(2, 3, 4), integers(0, 1, 0, 0, 2, 1)], { mode: "constant" }),
    make("Pow", [positive(3, 4), float(2)]),
    make("RMSNormalization", [x(2, 3, 4), x(4)], { ...last, stash_type: "float32" }),
    make("Reciprocal", [positive(3, 5)]),
    make("ReduceL1", [x(2, 3, 4), integers(0, 2)], { keepdims: 0, noop_with_empty_axes: 0 }),
    make("ReduceL2", [x(2, 3, 4), integers(1)], { keepdims: 1, noop_with_empty_axes: 0 }),
    make("ReduceMax", [tensorOf([16, 4], "special", seed), integers(1)], keep, "special"),
    make("ReduceMin", [tensorOf([16, 4], "special", seed + 1), integers(1)], keep, "special"),
    make("ReduceMean", [x(2, 3, 4), integers(1)], { keepdims: 1, noop_with_empty_axes: 0 }),
    make("ReduceSumSquare", [x(2, 3, 4), integers(-1)], { keepdims: 0, noop_with_empty_axes: 0 }),
    make("Relu", [x(3, 5)]),
    make("Reshape", [x(2, 6), integers(3, -1)], { allowzero: 0 }),
    make("Resize", [x(1, 2, 3, 4), null, floats(1, 1, 2, 2)], resized("nearest", "asymmetric", "floor")),
    make(
      "Resize",
      [x(1, 2, 5, 4), null, null, integers(1, 2, 3, 7)],
      resized("nearest", "half_pixel"),
      "sizes",
    ),
    make("Resize", [x(1, 2, 3, 4), null, floats(1, 1, 2, 1.5)], resized("linear", "half_pixel"), "linear"),
    make("Round", [tensorOf([40], "ties", seed)]),
    make("Selu", [x(5, 9)], { alpha: Math.fround(1.6732632), gamma: Math.fround(1.050701) }),
    make("Sigmoid", [x(3, 5)]),
    make("Sign", [tensorOf([20], "special", seed)]),
    make("Slice", [x(4, 6, 5), integers(1, 5), integers(4, 0), integers(0, 1), integers(1, -2)]),
    make("Softmax", [x(3, 7)], { axis: -1 }),
    make("Softmax", [x(2, 5, 3)], { axis: 1 }, "middle axis"),
    make("Softplus", [x(5, 9)]),
    make("Softsign", [x(5, 9)]),
    withOutputs(3, make("Split", [x(2, 6, 3), integers(1, 3, 2)], { axis: 1 })),
    withOutputs(2, make("Split", [x(5, 3)], { axis: 0, num_outputs: 2 }, "equally")),
    make("Sqrt", [positive(3, 5)]),
    make("Squeeze", [x(3, 1, 5), integers(1)]),
    make("Sub", [x(4), x(3, 1)], {}, "broadcast"),
    make("Sum", [x(2, 3, 4), x(3, 1), x(4)], {}, "three"),
    make("Swish", [x(5, 9)], { alpha: 1.25 }),
    make("Tanh", [x(3, 5)]),
    make("Tile", [x(2, 3, 4), integers(2, 1, 3)]),
    make("Transpose", [x(2, 3, 4)], { perm: [2, 0, 1] }),
    make("Unsqueeze", [x(3, 5), integers(1)]),
    make("Where", [truths(3, 1), x(2, 3, 4), x(4)]),
  ];
}
