// Quantised products written as sums of floats: the same integers.
import { lowerIntegerProducts, sizeOf, unplannedSums, type ElementType, type Graph } from "@mpplan/ir";
import { describe, expect, test } from "vitest";
import { GraphBuilder, tensorOf } from "../../../ir/src/testing.js";
import { lowered, siteIds } from "./testing.js";

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
