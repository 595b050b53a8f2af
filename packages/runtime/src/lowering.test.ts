// What the passes promise that write operators as Conv and MatMul: the same outputs on the exact reference, to the rounding
// of binary64, and sums that can be planned. They live in @mpplan/ir; running needs this package.
import {
  contractEinsum,
  expandAttention,
  inferTypes,
  inlineIf,
  isFloat,
  lowerIntegerProducts,
  sizeOf,
  splitConvTranspose,
  standardPasses,
  sumSites,
  unplannedSums,
  unrollRecurrent,
  unrollRounds,
  valueOf,
  verify,
  type Attrs,
  type Body,
  type ElementType,
  type Graph,
  type OpName,
  type PassResult,
  type Sample,
  type Tensor,
} from "@mpplan/ir";
import { describe, expect, test } from "vitest";
import { GraphBuilder, randomTensor, tensorOf } from "../../ir/src/testing.js";
import { evaluateNode } from "./evaluate-node.js";
import { numbersOf, relativeError, runOnce } from "./testing.js";

/** Inputs of any element type, of 2 where a dimension is open. */
function feedsOf(graph: Graph, seed: number): Sample {
  return new Map(
    graph.inputs.map((id, i) => {
      const { elem, shape } = valueOf(graph, id).type!;
      const t = randomTensor(
        shape!.map((dim) => (typeof dim === "number" ? dim : 2)),
        seed * 7919 + i,
      );
      if (isFloat(elem)) return [id, t];
      const middle = elem === "uint8" ? 128 : 0;
      return [
        id,
        tensorOf(
          t.dims,
          Array.from(t.data as Float32Array, (x) => Math.floor(x * 128) + middle),
          elem,
        ),
      ];
    }),
  );
}

async function outputsOf(graph: Graph, seed: number): Promise<number[][]> {
  const { outputs } = await runOnce(graph, "reference", feedsOf(graph, seed));
  return [...outputs.values()].map(numbersOf);
}

/** Runs a pass that has to fire between two checks of the graph, and compares each output on two inputs. */
async function lowered(
  graph: Graph,
  pass: (g: Graph) => PassResult,
): Promise<{ graph: Graph; error: number }> {
  const result = pass(verify(graph));
  expect(result.changed).toBe(true);
  const after = verify(inferTypes(result.graph));
  expect(after.outputs).toEqual(graph.outputs);
  for (const id of graph.outputs) expect(after.values.get(id)!.type).toEqual(graph.values.get(id)!.type);
  let error = 0;
  for (const seed of [1, 2]) {
    const [now, before] = [await outputsOf(after, seed), await outputsOf(graph, seed)];
    now.forEach((list, i) => {
      const whole = relativeError(list, before[i]!);
      error = Math.max(error, before[i]!.some((x) => x !== 0) ? whole : Math.max(...list.map(Math.abs)));
    });
  }
  return { graph: after, error };
}

const siteIds = (graph: Graph): string[] => sumSites(graph).map(({ id }) => id);
/** Numbers of few bits, so that two of them add up exactly in binary32. */
const short = (dims: number[], seed: number): Tensor => {
  const t = randomTensor(dims, seed);
  return { ...t, data: (t.data as Float32Array).map((x) => Math.round(x * 256) / 256) };
};

describe("a recurrent network of few steps is one MatMul per step and gate", () => {
  interface Net {
    readonly steps?: number;
    readonly batch?: number | string;
    readonly attrs?: Attrs;
    /** Which optional inputs there are: b, lengths, h, c, p. */
    readonly with?: string;
    readonly lengths?: readonly number[];
    readonly outputs?: number;
  }
  const [size, hidden] = [3, 4];
  const gates = { LSTM: 4, GRU: 3, RNN: 1 };

  function net(op: keyof typeof gates, { steps = 3, batch = 2, attrs = {}, lengths, ...rest }: Net): Graph {
    const b = new GraphBuilder();
    const given = rest.with ?? "";
    const directions = attrs["direction"] === "bidirectional" ? 2 : 1;
    const [byBatch, g] = [attrs["layout"] === 1, gates[op]];
    const x = b.input("x", byBatch ? [batch, steps, size] : [steps, batch, size]);
    const state = (id: string) =>
      given.includes(id)
        ? b.input(id, byBatch ? [batch, directions, hidden] : [directions, batch, hidden])
        : null;
    const constant = (id: string, t: Tensor) => (given.includes(id) ? b.constant(id, t) : null);
    const inputs = [
      x,
      b.constant("W", randomTensor([directions, g * hidden, size], 1)),
      b.constant("R", randomTensor([directions, g * hidden, hidden], 2)),
      constant("b", short([directions, 2 * g * hidden], 3)),
      lengths ? b.constant("lengths", tensorOf([lengths.length], lengths, "int32")) : null,
      state("h"),
      ...(op === "LSTM" ? [state("c"), constant("p", randomTensor([directions, 3 * hidden], 4))] : []),
    ];
    const outputs = ["y", "yh", "yc"].slice(0, rest.outputs ?? (op === "LSTM" ? 3 : 2));
    b.nodes(op, inputs, attrs, outputs);
    return b.build(...outputs);
  }

  test.each<[string, keyof typeof gates, Net]>([
    ["LSTM, as it comes", "LSTM", {}],
    ["LSTM with everything", "LSTM", { with: "bhcp" }],
    ["LSTM with peepholes from zero", "LSTM", { with: "bp" }],
    ["LSTM of one step, with states", "LSTM", { steps: 1, with: "bhc" }],
    ["LSTM in both directions", "LSTM", { with: "bhcp", attrs: { direction: "bidirectional" } }],
    ["LSTM reversed, the batch first", "LSTM", { with: "bhc", attrs: { direction: "reverse", layout: 1 } }],
    [
      "LSTM both ways, the batch first",
      "LSTM",
      { with: "bhc", attrs: { direction: "bidirectional", layout: 1 } },
    ],
    ["LSTM with coupled gates and a clip", "LSTM", { with: "bhc", attrs: { input_forget: 1, clip: 0.5 } }],
    ["LSTM of sequences that end", "LSTM", { with: "bhc", lengths: [1, 3] }],
    [
      "LSTM of sequences that end, both ways",
      "LSTM",
      { lengths: [0, 2], attrs: { direction: "bidirectional" } },
    ],
    ["LSTM of nothing but ended sequences", "LSTM", { lengths: [0, 0] }],
    ["LSTM of an open batch", "LSTM", { batch: "N", with: "b" }],
    ["GRU, as it comes", "GRU", {}],
    ["GRU with everything", "GRU", { with: "bh" }],
    ["GRU, reset after the product", "GRU", { with: "bh", attrs: { linear_before_reset: 1 } }],
    ["GRU, reset after the product, from zero", "GRU", { with: "b", attrs: { linear_before_reset: 1 } }],
    ["GRU both ways", "GRU", { with: "bh", attrs: { direction: "bidirectional" }, lengths: [2, 3] }],
    ["RNN", "RNN", { with: "bh" }],
    [
      "RNN with functions of its own",
      "RNN",
      {
        with: "b",
        attrs: {
          direction: "bidirectional",
          activations: ["ScaledTanh", "Affine"],
          activation_alpha: [0.5, 2],
          activation_beta: [0.25, 0.125],
        },
      },
    ],
    ...["Elu", "HardSigmoid", "LeakyRelu", "Relu", "Sigmoid", "Softplus", "Softsign", "ThresholdedRelu"].map(
      (name): [string, "RNN", Net] => [
        `RNN with ${name}`,
        "RNN",
        { with: "bh", attrs: { activations: [name] } },
      ],
    ),
  ])("%s", async (_, op, options) => {
    expect((await lowered(net(op, options), unrollRecurrent)).error).toBeLessThan(1e-12);
  });

  test("whose sites say step and gate, and are as long as input and state", async () => {
    const { graph } = await lowered(net("LSTM", { steps: 2, with: "b", outputs: 1 }), unrollRecurrent);
    expect(siteIds(graph)).toEqual([
      "y/t0/input",
      "y/t0/cell",
      "y/t0/output",
      "y/t1/input",
      "y/t1/forget",
      "y/t1/cell",
      "y/t1/output",
    ]);
    // Without a state before the first step there is nothing to forget, and only the input to sum.
    expect(sumSites(graph).map(({ length }) => length)).toEqual([3, 3, 3, 7, 7, 7, 7]);
    expect(sumSites(graph).map(({ neurons }) => neurons)).toEqual([4, 4, 4, 4, 4, 4, 4]);
    expect(sumSites(graph).map(({ activation }) => activation.name)).toEqual([
      "sigmoid",
      "tanh",
      "sigmoid",
      "sigmoid",
      "sigmoid",
      "tanh",
      "sigmoid",
    ]);
    const { graph: both } = await lowered(
      net("RNN", { steps: 1, attrs: { direction: "bidirectional" } }),
      unrollRecurrent,
    );
    expect(siteIds(both)).toEqual(["y/t0/state", "y/reverse/t0/state"]);
  });

  test("but long ones, and those whose steps are not known, stay", () => {
    expect(unrollRecurrent(net("RNN", { steps: 65 })).changed).toBe(false);
    expect(unrollRecurrent(net("RNN", { steps: 64 })).changed).toBe(true);
  });
});

describe("ConvTranspose is a Conv for each phase of its stride", () => {
  interface Shape {
    readonly image: number[];
    readonly kernel: number[];
    readonly attrs?: Attrs;
    readonly group?: number;
    readonly bias?: boolean;
    readonly batch?: number | string;
  }
  const graphOf = (
    { image, kernel, attrs = {}, group = 1, bias = true, batch = 2 }: Shape,
    then?: OpName[],
  ): Graph => {
    const b = new GraphBuilder();
    const weights = b.constant("w", randomTensor([4, 6 / group, ...kernel], 1));
    const x = b.input("x", [batch, 4, ...image]);
    let y = b.node(
      "ConvTranspose",
      [x, weights, bias ? b.constant("bias", randomTensor([6], 2)) : null],
      { ...attrs, group },
      "up",
    );
    for (const op of then ?? []) {
      const constants = [0.5, 0.1, 0.2, 2].map((x0, i) =>
        b.constant(
          `${op}.${i}`,
          tensorOf(
            [6],
            Array.from({ length: 6 }, (_, j) => x0 + j / 8),
          ),
        ),
      );
      y = b.node(op, op === "BatchNormalization" ? [y, ...constants] : [y], {}, op);
    }
    return b.build(y);
  };

  test.each<[string, Shape]>([
    ["one axis, stride 1", { image: [5], kernel: [3] }],
    ["stride 2, kernel 4", { image: [3, 4], kernel: [4, 4], attrs: { strides: [2, 2], pads: [1, 1, 1, 1] } }],
    ["stride 2, kernel 2", { image: [3, 4], kernel: [2, 2], attrs: { strides: [2, 2] }, bias: false }],
    ["stride 2 and 3, kernel 3", { image: [3, 4], kernel: [3, 3], attrs: { strides: [2, 3] } }],
    ["a kernel below the stride", { image: [3, 2], kernel: [2, 1], attrs: { strides: [3, 2] } }],
    ["groups", { image: [3, 3], kernel: [3, 2], attrs: { strides: [2, 2] }, group: 2 }],
    ["dilations", { image: [4, 3], kernel: [3, 3], attrs: { strides: [2, 3], dilations: [3, 2] } }],
    [
      "dilations that the stride divides",
      { image: [3, 3], kernel: [3, 2], attrs: { strides: [2, 2], dilations: [2, 4] } },
    ],
    [
      "pads beyond the kernel",
      { image: [6, 6], kernel: [2, 3], attrs: { strides: [1, 2], pads: [2, 3, 1, 4] } },
    ],
    [
      "output_padding",
      {
        image: [3, 3],
        kernel: [3, 3],
        attrs: { strides: [3, 2], pads: [1, 0, 1, 2], output_padding: [2, 1] },
      },
    ],
    ["output_shape", { image: [3, 3], kernel: [3, 3], attrs: { strides: [3, 2], output_shape: [10, 8] } }],
    [
      "a small output_shape",
      { image: [3, 3], kernel: [3, 3], attrs: { strides: [3, 2], output_shape: [2, 1] } },
    ],
    ["SAME_UPPER", { image: [3, 4], kernel: [4, 3], attrs: { strides: [2, 2], auto_pad: "SAME_UPPER" } }],
    ["SAME_LOWER", { image: [3, 4], kernel: [4, 3], attrs: { strides: [2, 2], auto_pad: "SAME_LOWER" } }],
    ["three axes", { image: [2, 3, 2], kernel: [2, 3, 1], attrs: { strides: [2, 1, 2] } }],
    ["an open batch", { image: [3, 3], kernel: [2, 3], attrs: { strides: [2, 2] }, batch: "N" }],
  ])("%s", async (_, shape) => {
    const { graph, error } = await lowered(graphOf(shape), splitConvTranspose);
    expect(error).toBeLessThan(1e-12);
    expect(graph.nodes.map(({ op }) => op)).not.toContain("ConvTranspose");
  });

  test("with no more products than the operator has, but for the padding", async () => {
    const { graph } = await lowered(
      graphOf({ image: [8, 8], kernel: [4, 4], attrs: { strides: [2, 2], pads: [1, 1, 1, 1] }, batch: 1 }),
      splitConvTranspose,
    );
    expect(siteIds(graph)).toEqual(["up/phase0x0", "up/phase0x1", "up/phase1x0", "up/phase1x1"]);
    // 16 x 16 pixels of 6 channels, each of 4 channels and 2 x 2 taps: not of 4 x 4, as between zeros.
    expect(sumSites(graph).reduce((sum, { macs }) => sum + macs, 0)).toBe(16 * 16 * 6 * 4 * 2 * 2);
  });

  test("whose normalisation and activation go with each", async () => {
    const graph = graphOf({ image: [3, 3], kernel: [3, 3], attrs: { strides: [2, 2] } }, [
      "BatchNormalization",
      "Relu",
    ]);
    const { error } = await lowered(graph, splitConvTranspose);
    expect(error).toBeLessThan(1e-12);
    const all = standardPasses(graph, evaluateNode);
    expect(all.nodes.map(({ op }) => op)).not.toContain("BatchNormalization");
    expect(sumSites(all).map(({ activation }) => activation.name)).toEqual(["relu", "relu", "relu", "relu"]);
  });

  test("which with stride 1 keeps the name", async () => {
    const { graph } = await lowered(
      graphOf({ image: [4], kernel: [3], attrs: { pads: [1, 1] } }),
      splitConvTranspose,
    );
    expect(graph.nodes.map(({ id, op }) => [id, op])).toEqual([["up", "Conv"]]);
  });
});

describe("products of quantised operands are sums of floats, to the bit", () => {
  type Put = (b: GraphBuilder) => Record<string, string | null>;
  const q = (b: GraphBuilder, id: string, dims: number[], elem: ElementType = "uint8"): string => {
    const low = elem === "uint8" ? 0 : -128;
    const list = Array.from({ length: sizeOf(dims) }, (_, i) => low + ((i * 73 + id.length * 31) % 256));
    return b.constant(id, tensorOf(dims, list, elem));
  };
  const list = (
    b: GraphBuilder,
    id: string,
    numbers: number[],
    elem: ElementType = "uint8",
    scalar = false,
  ) => b.constant(id, tensorOf(scalar ? [] : [numbers.length], numbers, elem));

  test.each<[string, Put]>([
    ["plain", (b) => ({ a: b.input("a", [3, 4], "uint8"), w: q(b, "w", [4, 5]), za: null, zw: null })],
    [
      "with zero points",
      (b) => ({
        a: b.input("a", [3, 4], "uint8"),
        w: q(b, "w", [4, 5], "int8"),
        za: list(b, "za", [7], "uint8", true),
        zw: list(b, "zw", [-3], "int8"),
      }),
    ],
    [
      "with one per row and column",
      (b) => ({
        a: b.input("a", [2, 3, 4], "int8"),
        w: q(b, "w", [4, 5]),
        za: list(b, "za", [7, 8, -9], "int8"),
        zw: list(b, "zw", [1, 2, 3, 4, 200]),
      }),
    ],
    [
      "of two activations, with a zero point that is computed",
      (b) => ({
        a: b.input("a", [2, 3, 4], "int8"),
        w: b.input("w", [2, 4, 5], "uint8"),
        za: null,
        zw: b.input("zw", [], "uint8"),
      }),
    ],
    [
      "of lists",
      (b) => ({
        a: b.input("a", [4], "int8"),
        w: b.input("w", [4], "uint8"),
        za: null,
        zw: list(b, "zw", [9]),
      }),
    ],
  ])("MatMulInteger, %s", async (_, put) => {
    for (const then of [null, "float32", "float64"] as const) {
      const b = new GraphBuilder();
      const { a, w, za, zw } = put(b);
      const y = b.node("MatMulInteger", [a!, w!, za!, zw!], {}, "sum");
      const { graph, error } = await lowered(
        b.build(then ? b.node("Cast", [y], { to: then }) : y),
        lowerIntegerProducts,
      );
      expect(error).toBe(0);
      expect(siteIds(graph)).toEqual(["sum"]);
      expect(graph.nodes.some(({ op }) => op === "Round")).toBe(then === null);
    }
  });

  test.each([true, false])("ConvInteger, zero points %s", async (zero) => {
    const b = new GraphBuilder();
    const x = b.input("x", [2, 4, 5, 5], "uint8");
    const zeros = zero
      ? [list(b, "zx", [100], "uint8", true), list(b, "zw", [1, 50, 100, 150, 200, 250])]
      : [];
    const y = b.node(
      "ConvInteger",
      [x, q(b, "w", [6, 2, 3, 3]), ...zeros],
      { group: 2, pads: [1, 0, 1, 2], strides: [2, 1] },
      "sum",
    );
    const { graph, error } = await lowered(b.build(y), lowerIntegerProducts);
    expect(error).toBe(0);
    expect(siteIds(graph)).toEqual(["sum"]);
  });

  test.each([true, false])("QLinearConv, per channel %s", async (each) => {
    const b = new GraphBuilder();
    const x = b.input("x", [2, 4, 5, 5], "uint8");
    const six = (from: number) => (each ? Array.from({ length: 6 }, (_, i) => from * (i + 1)) : [from]);
    const inputs = [
      x,
      list(b, "sx", [0.0123], "float32", true),
      list(b, "zx", [120], "uint8", true),
      q(b, "w", [6, 4, 3, 3], "int8"),
      list(b, "sw", six(0.0071), "float32"),
      list(b, "zw", six(3), "int8"),
      list(b, "sy", [0.9], "float32", true),
      list(b, "zy", [99], "uint8", true),
      ...(each ? [list(b, "bias", [1, -2000, 30000, 4, 5, 600000], "int32")] : []),
    ];
    const { graph, error } = await lowered(
      b.build(b.node("QLinearConv", inputs, { auto_pad: "SAME_UPPER" }, "sum")),
      lowerIntegerProducts,
    );
    expect(error).toBe(0);
    expect(siteIds(graph)).toEqual(["sum"]);
  });

  test.each(["one", "rows", "columns"] as const)("QLinearMatMul, scales by %s", async (by) => {
    const b = new GraphBuilder();
    const [rows, columns] = [
      by === "rows" ? [0.01, 0.02, 0.03] : [0.01],
      by === "columns" ? [0.1, 0.2, 0.3, 0.4, 0.5] : [0.1],
    ];
    const inputs = [
      b.input("a", [2, 3, 4], "int8"),
      list(b, "sa", rows, "float32"),
      list(
        b,
        "za",
        rows.map((_, i) => i - 1),
        "int8",
      ),
      q(b, "w", [4, 5], "int8"),
      list(b, "sw", columns, "float32"),
      list(
        b,
        "zw",
        columns.map((_, i) => 2 * i),
        "int8",
      ),
      list(b, "sy", [0.25], "float32", true),
      list(b, "zy", [-5], "int8", true),
    ];
    const { graph, error } = await lowered(
      b.build(b.node("QLinearMatMul", inputs, {}, "sum")),
      lowerIntegerProducts,
    );
    expect(error).toBe(0);
    expect(siteIds(graph)).toEqual(["sum"]);
  });

  test("but a sum that may go beyond int32, and wrap, stays", () => {
    const of = (length: number): Graph => {
      const b = new GraphBuilder();
      const w = b.constant("w", tensorOf([length, 1], new Array<number>(length).fill(255), "uint8"));
      return b.build(b.node("MatMulInteger", [b.input("a", [1, length], "uint8"), w], {}, "sum"));
    };
    expect(lowerIntegerProducts(of(33000)).changed).toBe(true);
    expect(lowerIntegerProducts(of(33100)).changed).toBe(false);
    expect(unplannedSums(of(33100))).toEqual([
      { node: "sum", op: "MatMulInteger", reason: "a sum of 33100 products may go beyond int32" },
    ]);
  });
});

describe("Einsum is products of two operands at a time", () => {
  const dims = { a: 2, b: 3, c: 4, d: 5, e: 1 } as Readonly<Record<string, number>>;
  const graphOf = (equation: string): Graph => {
    const b = new GraphBuilder();
    const terms = equation.split("->")[0]!.split(",");
    const inputs = terms.map((term, i) =>
      b.input(
        `x${i}`,
        [...term].map((label) => dims[label]!),
      ),
    );
    return b.build(b.node("Einsum", inputs, { equation }, "y"));
  };

  test.each([
    ["ab,bc,cd->ad", ["y/pair0", "y/pair1"]],
    ["ab,bc,cd", ["y/pair0", "y/pair1"]],
    ["abc,abd,cd->ba", ["y/pair0", "y/pair1"]],
    ["a,b,ab->", ["y/pair0", "y/pair1"]],
    ["ab,cd,e->dcabe", []],
    ["abc,bc,acd->d", ["y/pair0"]],
    ["ab,bd,dc,ca->", ["y/pair0", "y/pair1", "y/pair2"]],
    ["bacd,bce->de", ["y"]],
    ["ab,cb,d->acd", ["y/pair0"]],
  ])("%s", async (equation, sites) => {
    const { graph, error } = await lowered(graphOf(equation), contractEinsum);
    expect(error).toBeLessThan(1e-12);
    expect(graph.nodes.map(({ op }) => op)).not.toContain("Einsum");
    if (sites.length > 0) expect(siteIds(graph)).toEqual(expect.arrayContaining(sites));
  });

  test("but not one that takes a diagonal, and that is said", () => {
    const b = new GraphBuilder();
    const x = b.input("x", [3, 3]);
    const graph = b.build(b.node("Einsum", [x, x, x], { equation: "aa,ab,bc->c" }, "y"));
    expect(contractEinsum(graph).changed).toBe(false);
    expect(unplannedSums(graph)).toEqual([{ node: "y", op: "Einsum", reason: "it takes a diagonal" }]);
  });
});

describe("an If whose condition is constant", () => {
  /** If of `cond`: then MatMul of the outer `x`, else the outer `x` itself; the second output is a constant. */
  const graphOf = (cond: number): Graph => {
    const branch = (make: (b: GraphBuilder, x: string) => string) => {
      const b = new GraphBuilder();
      const x = b.input("x", [2, 3]);
      return { graph: b.build(make(b, x), b.constant("w", randomTensor([3, 3], 9))), captured: [1] };
    };
    const b = new GraphBuilder();
    const x = b.input("x", [2, 3]);
    const w = b.constant("w", randomTensor([3, 3], 5));
    const before = b.node("MatMul", [x, w], {}, "sum");
    b.nodes(
      "If",
      [b.constant("cond", tensorOf([1], [cond], "bool")), before],
      {
        then_branch: branch((body, outer) =>
          body.node("MatMul", [outer, body.constant("w", randomTensor([3, 3], 9))], {}, "sum"),
        ),
        else_branch: branch((_, outer) => outer),
      },
      ["y", "z"],
    );
    return b.build("y", "z");
  };

  test.each([1, 0])("is the branch that %i takes, under names of its own", async (cond) => {
    const { graph, error } = await lowered(graphOf(cond), inlineIf);
    expect(error).toBe(0);
    expect(siteIds(graph)).toEqual(cond ? ["sum", "sum.1"] : ["sum"]);
  });
});

describe("Attention is two products and what lies between them", () => {
  interface Case {
    /** Q, K, V, mask, earlier keys, earlier values, how many keys count. */
    readonly inputs: readonly (Tensor | null)[];
    readonly shapes?: readonly (readonly (number | string)[])[];
    readonly attrs?: Attrs;
    /** Which of the four outputs there are. */
    readonly outputs?: number;
    /** Places of inputs that are constant. */
    readonly constant?: readonly number[];
  }
  const of = (dims: number[], seed: number, elem: ElementType = "float32"): Tensor => {
    const t = randomTensor(dims, seed);
    if (elem === "float32") return t;
    const round = (x: number) => Math.round(x * 64) / 64;
    return tensorOf(dims, Array.from(t.data as Float32Array, elem === "float64" ? (x) => x : round), elem);
  };
  const lengths = (...list: number[]) => tensorOf([list.length], list, "int64");
  const [q, k, v] = [of([2, 4, 3, 5], 1), of([2, 2, 6, 5], 2), of([2, 2, 6, 7], 3)];
  const past = [of([2, 2, 2, 5], 5), of([2, 2, 2, 7], 6)];
  const flat = [of([2, 3, 20], 1), of([2, 6, 10], 2), of([2, 6, 14], 3)];
  const heads = { q_num_heads: 4, kv_num_heads: 2 };
  const lines = [1, 1, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0];
  const mask = tensorOf([3, 6], lines, "bool");
  const open = [
    ["N", 4, "L", 5],
    ["N", 2, "S", 5],
    ["N", 2, "S", 7],
  ];
  const openBatch: Case = {
    inputs: [q, k, v],
    shapes: [
      ["N", 4, 3, 5],
      ["N", 2, 6, 5],
      ["N", 2, 6, 7],
    ],
  };
  const names = ["y", "k", "v", "qk"];

  function graphOf({ inputs, shapes = [], attrs = {}, outputs = 4, constant = [] }: Case): Graph {
    const b = new GraphBuilder();
    const given = inputs.map((t, i) => {
      if (t === null) return null;
      if (constant.includes(i)) return b.constant(`x${i}`, t);
      return b.input(`x${i}`, shapes[i] ?? t.dims, t.elem);
    });
    b.nodes("Attention", given, attrs, names.slice(0, outputs));
    return b.build(...names.slice(0, outputs));
  }
  const feeds = ({ inputs, constant = [] }: Case): Sample =>
    new Map(inputs.flatMap((t, i) => (t && !constant.includes(i) ? [[`x${i}`, t] as const] : [])));

  async function expanded(one: Case): Promise<{ graph: Graph; error: number }> {
    const graph = graphOf(one);
    const result = expandAttention(verify(graph));
    expect(result.changed).toBe(true);
    const after = verify(inferTypes(result.graph));
    for (const id of graph.outputs) expect(after.values.get(id)!.type).toEqual(graph.values.get(id)!.type);
    const [now, before] = await Promise.all(
      [after, graph].map(async (g) => (await runOnce(g, "reference", feeds(one))).outputs),
    );
    const error = graph.outputs.map((id) => {
      const [x, y] = [numbersOf(now!.get(id)!), numbersOf(before!.get(id)!)];
      // Masked scores are minus infinity in both.
      expect(x.map((each) => each === -Infinity)).toEqual(y.map((each) => each === -Infinity));
      const finite = (list: number[]) => list.map((each) => (each === -Infinity ? 0 : each));
      return relativeError(finite(x), finite(y));
    });
    return { graph: after, error: Math.max(...error) };
  }

  const modes: [string, Case][] = [0, 1, 2, 3].map((mode) => [
    `a softcap, a float mask, causal, stage ${mode}`,
    {
      inputs: [q, k, v, of([2, 1, 3, 6], 4)],
      attrs: { is_causal: 1, softcap: 0.5, scale: 0.25, qk_matmul_output_mode: mode },
    },
  ]);
  test.each<[string, Case]>([
    ["groups of query heads", { inputs: [q, k, v] }],
    ["a head for each key head", { inputs: [q, of([2, 4, 6, 5], 2), of([2, 4, 6, 7], 3)] }],
    ["rank 3", { inputs: flat, attrs: heads }],
    ["rank 3 with everything", { inputs: [...flat, mask, ...past], attrs: { ...heads, is_causal: 1 } }],
    ["rank 3, Y alone", { inputs: flat, attrs: heads, outputs: 1 }],
    ...modes,
    ["a bool mask with a line of nothing", { inputs: [q, k, v, mask], attrs: { qk_matmul_output_mode: 3 } }],
    ["a constant mask", { inputs: [q, k, v, mask], constant: [3] }],
    ["a mask per head", { inputs: [q, k, v, of([4, 1, 6], 4)] }],
    ["a mask of one column for each query", { inputs: [q, k, v, tensorOf([3, 1], [1, 0, 1], "bool")] }],
    ["a short bool mask", { inputs: [q, k, v, tensorOf([3, 2], [1, 0, 0, 0, 1, 1], "bool")] }],
    ["a short float mask", { inputs: [q, k, v, of([2, 4, 3, 4], 4)], attrs: { qk_matmul_output_mode: 2 } }],
    ["earlier keys, causal", { inputs: [q, k, v, null, ...past], attrs: { is_causal: 1 } }],
    ["earlier keys with a mask for all", { inputs: [q, k, v, of([1, 1, 3, 8], 4), ...past] }],
    ["keys that count", { inputs: [q, k, v, null, null, null, lengths(6, 4)], constant: [6] }],
    ["counted as the run says, none of one", { inputs: [q, k, v, null, null, null, lengths(0, 5)] }],
    [
      "counted, causal, and fewer than queries",
      {
        inputs: [q, k, v, mask, null, null, lengths(2, 5)],
        attrs: { is_causal: 1, qk_matmul_output_mode: 2 },
      },
    ],
    [
      "counted, causal, with earlier keys",
      { inputs: [q, k, v, null, ...past, lengths(8, 7)], attrs: { is_causal: 1 } },
    ],
    ["an open batch, causal", { ...openBatch, attrs: { is_causal: 1 } }],
    ["doubles", { inputs: [q, k, v].map((t, i) => of([...t.dims], i + 1, "float64")) }],
    [
      "values of another type",
      { inputs: [of([2, 4, 3, 5], 1, "float16"), of([2, 2, 6, 5], 2, "float16"), of([2, 2, 6, 7], 3)] },
    ],
  ])("%s", async (_, one) => {
    const { graph, error } = await expanded(one);
    expect(error).toBeLessThan(1e-12);
    expect(siteIds(graph)).toEqual(["y/scores", "y/values"]);
    expect(unplannedSums(graph)).toEqual([]);
  });

  test("open lengths are expanded too, and their sites wait for them", async () => {
    const { graph, error } = await expanded({ inputs: [q, k, v], shapes: open });
    expect(error).toBeLessThan(1e-12);
    expect(siteIds(graph)).toEqual([]);
    expect(unplannedSums(graph).map(({ node }) => node)).toEqual(["y/scores", "y/values"]);
  });

  test("a mask of doubles makes doubles of all, and the result is rounded", async () => {
    const { error } = await expanded({ inputs: [q, k, v, of([3, 6], 4, "float64")] });
    expect(error).toBeLessThan(2 ** -24);
  });

  test.each(["float16", "bfloat16"] as const)("%s, whose sums are of binary32, to the bit", async (elem) => {
    const inputs = [of([2, 4, 3, 5], 1, elem), of([2, 2, 6, 5], 2, elem), of([2, 2, 6, 7], 3, elem)];
    const attrs = { is_causal: 1, softmax_precision: "float32" };
    const { graph, error } = await expanded({ inputs, attrs });
    expect(error).toBe(0);
    expect(siteIds(graph)).toEqual(["y/scores", "y/values"]);
  });

  test("whose heads are neurons, and whose scores are the logits of a softmax", async () => {
    const { graph } = await expanded({ ...openBatch, attrs: { is_causal: 1, scale: 0.5 }, outputs: 1 });
    const folded = standardPasses(graph, evaluateNode);
    expect(
      sumSites(folded).map(({ id, neurons, components, length }) => [id, neurons, components, length]),
    ).toEqual([
      ["y/scores", 4, 4 * 3 * 6, 5],
      ["y/values", 4, 4 * 3 * 7, 6],
    ]);
    // The queries are scaled before the sum.
    expect(sumSites(folded).map(({ softmax }) => softmax)).toEqual([{ scale: 1 }, null]);
  });

  test("but what cannot be written out stays, and that is said", () => {
    const why = (one: Case): string[] => {
      const graph = graphOf(one);
      expect(expandAttention(graph).changed).toBe(false);
      return unplannedSums(graph).map(({ reason }) => reason);
    };
    expect(why({ inputs: [q, k, v], shapes: open, attrs: { is_causal: 1 } })).toEqual([
      "it is causal, and its lengths are open",
    ]);
    expect(why({ inputs: [q, k, v, mask], shapes: open })).toEqual([
      "whether its mask has every key is not known",
    ]);
    expect(why({ inputs: [q, k, v, null, null, null, lengths(6, 4)], shapes: open })).toEqual([
      "its keys are counted, and their length is open",
    ]);
    expect(why({ inputs: [q, k, v], shapes: [["N", 4, 3, "D"], ["N", 2, 6, "D"], open[2]!] })).toEqual([
      "the size of a head is not known",
    ]);
    expect(why({ inputs: [q, of([2, 2, 0, 5], 1), of([2, 2, 0, 7], 1)] })).toEqual(["an input is empty"]);
    const long = [of([1, 1, 1, 1], 1), ["N", 1, 8192, 1]] as const;
    expect(
      why({
        inputs: [long[0], long[0], long[0]],
        shapes: [long[1], long[1], long[1]],
        attrs: { is_causal: 1 },
      }),
    ).toEqual(["its causal mask has 67108864 elements, more than 16777216"]);
  });
});

describe("a loop of few rounds is its body once per round", () => {
  /** state W + captured, as state and as slice; `goes` yields the condition. A Scan's adds the slice, too. */
  function bodyOf(
    op: "Loop" | "Scan",
    goes: (b: GraphBuilder, round: string, going: string) => string,
  ): Body {
    const b = new GraphBuilder();
    const [round, going] =
      op === "Loop" ? [b.input("round", [], "int64"), b.input("going", [], "bool")] : ["", ""];
    const state = b.input("state", [2, 3]);
    const slice =
      op === "Scan" ? b.input("slice", [2, 3]) : b.node("Cast", [round], { to: "float32" }, "number");
    const outer = b.input("outer", [3]);
    const product = b.node("MatMul", [state, b.constant("w", randomTensor([3, 3], 1))], {}, "sum");
    const next = b.node("Add", [b.node("Add", [product, outer], {}, "biased"), slice], {}, "next");
    const condition = op === "Loop" ? [goes(b, round, going)] : [];
    return {
      graph: { ...b.build(next), outputs: [...condition, next, next] },
      captured: [op === "Loop" ? 3 : 2],
    };
  }
  const loopOf = (
    rounds: number | null,
    goes: (b: GraphBuilder, round: string, going: string) => string = (_b, _round, going) => going,
  ): Graph => {
    const b = new GraphBuilder();
    const most =
      rounds === null ? b.input("m", [], "int64") : b.constant("m", tensorOf([], [rounds], "int64"));
    const inputs = [most, null, b.input("x", [2, 3]), b.input("outer", [3])];
    b.nodes("Loop", inputs, { body: bodyOf("Loop", goes) }, ["y", "z"]);
    return b.build("y", "z");
  };
  const scanOf = (attrs: Attrs, dims: (number | string)[]): Graph => {
    const b = new GraphBuilder();
    const inputs = [b.input("x", [2, 3]), b.input("data", dims), b.input("outer", [3])];
    const body = bodyOf("Scan", () => "");
    b.nodes("Scan", inputs, { num_scan_inputs: 1, body, ...attrs }, ["y", "z"]);
    return b.build("y", "z");
  };
  const unrolled = async (graph: Graph): Promise<{ graph: Graph; error: number }> => {
    const after = verify(inferTypes(unrollRounds(verify(graph)).graph));
    const [now, before] = [await outputsOf(after, 1), await outputsOf(graph, 1)];
    return { graph: after, error: Math.max(...now.map((list, i) => relativeError(list, before[i]!))) };
  };
  const always = (b: GraphBuilder) => b.constant("true", tensorOf([], [1], "bool"));
  const never = (b: GraphBuilder) => b.constant("false", tensorOf([], [0], "bool"));

  test.each<[string, Graph, string[]]>([
    ["Loop", loopOf(3), ["y/t0/sum", "y/t1/sum", "y/t2/sum"]],
    ["Loop that is told to go on", loopOf(2, always), ["y/t0/sum", "y/t1/sum"]],
    ["Loop that is told to stop", loopOf(5, never), ["y/t0/sum"]],
    ["Scan", scanOf({}, [2, 2, 3]), ["y/t0/sum", "y/t1/sum"]],
    [
      "Scan along other axes, backwards",
      scanOf(
        {
          scan_input_axes: [-1],
          scan_input_directions: [1],
          scan_output_axes: [-2],
          scan_output_directions: [1],
        },
        [2, 3, 3],
      ),
      ["y/t0/sum", "y/t1/sum", "y/t2/sum"],
    ],
  ])("%s", async (_, graph, sites) => {
    const { graph: after, error } = await unrolled(graph);
    expect(error).toBe(0);
    expect(siteIds(after)).toEqual(sites);
    expect(unplannedSums(after)).toEqual([]);
    // The weights are there once.
    expect([...after.values.keys()].filter((id) => /(^|\/)w(\.|$)/.test(id))).toEqual(["y/w"]);
  });

  test("but what a loop decides itself stays, and that is said", () => {
    const why = (graph: Graph): string[] => {
      expect(unrollRounds(graph).changed).toBe(false);
      return unplannedSums(graph).map(({ node, reason }) => `${node}: ${reason}`);
    };
    const computed = (b: GraphBuilder, round: string) =>
      b.node("Less", [round, b.constant("end", tensorOf([], [2], "int64"))], {}, "goes");
    const said = (reason: string) => [`y/sum: it lies in the body of ${reason}`];
    expect(why(loopOf(null))).toEqual(said("Loop: its number of rounds is not constant"));
    expect(why(loopOf(9, computed))).toEqual(said("Loop: its body decides whether to go on"));
    expect(why(loopOf(65))).toEqual(said("Loop: it makes 65 rounds, and at most 64 are unrolled"));
    expect(why(scanOf({}, ["T", 2, 3]))).toEqual(said("Scan: its number of slices is not known"));
    expect(unrollRounds(loopOf(64)).changed).toBe(true);
  });
});
