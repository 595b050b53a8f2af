// Recurrent networks unrolled: the same outputs, and sums that can be planned gate by gate.
import { sumSites, unrollRecurrent, type Attrs, type Graph, type Tensor } from "@mpplan/ir";
import { describe, expect, test } from "vitest";
import { GraphBuilder, randomTensor, tensorOf } from "../../../ir/src/testing.js";
import { lowered, siteIds, short } from "./testing.js";

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
