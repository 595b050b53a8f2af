// ConvTranspose written as convolutions: the same outputs, and no more products.
import {
  splitConvTranspose,
  standardPasses,
  sumSites,
  type Attrs,
  type Graph,
  type OpName,
} from "@mpplan/ir";
import { describe, expect, test } from "vitest";
import { GraphBuilder, randomTensor, tensorOf } from "../../../ir/src/testing.js";
import { evaluateNode } from "../../src/evaluate-node.js";
import { lowered, siteIds } from "./testing.js";

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
