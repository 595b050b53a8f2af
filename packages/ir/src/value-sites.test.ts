import { describe, expect, test } from "vitest";
import { contextOf, ints, value } from "./ops/testing.js";
import { ops, type OpName } from "./ops/index.js";
import { sumSites } from "./sites.js";
import { convNet, GraphBuilder, mlp } from "./testing.js";
import { addsValues, valueSites } from "./value-sites.js";
import type { Attrs, Value } from "./graph.js";
import type { Dim } from "./types.js";

const vector = value([6]);
const cases: [OpName, (Value | readonly Dim[])[], Attrs, [number, number, number, boolean] | null][] = [
  // op, inputs, attributes, [neurons, components, length, one sign]
  ["Softmax", [[2, 3, 5]], { axis: 1 }, [1, 10, 3, true]],
  ["LogSoftmax", [[2, 3, 5]], {}, [1, 6, 5, true]],
  ["Softmax", [["N", 5]], {}, [1, 1, 5, true]],
  ["Softmax", [[2, "C"]], {}, null],
  ["Softmax", [[2, 1]], {}, null],
  ["ReduceSum", [[2, 3, 5], ints(0, 2)], {}, [1, 3, 10, false]],
  ["ReduceMean", [[2, 3, 5]], {}, [1, 1, 30, false]],
  ["ReduceMean", [[2, 3], value([1], "int64")], {}, null],
  ["ReduceLogSum", [[4, 4], ints(1)], {}, [1, 4, 4, false]],
  ["ReduceL1", [[4, 4], ints(1)], {}, [1, 4, 4, true]],
  ["ReduceL2", [[4, 4], ints(1)], {}, [1, 4, 4, true]],
  ["ReduceSumSquare", [[4, 4], ints(1)], {}, [1, 4, 4, true]],
  ["ReduceLogSumExp", [[4, 4], ints(1)], {}, [1, 4, 4, true]],
  ["ReduceSum", [value([4, 4], "int32")], {}, null],
  ["AveragePool", [["N", 3, 6, 6]], { kernel_shape: [3, 2] }, [1, 3 * 4 * 5, 6, false]],
  ["LpPool", [[1, 3, 6, 6]], { kernel_shape: [2, 2] }, [1, 3 * 25, 4, true]],
  ["GlobalAveragePool", [[2, 6, 7, 7]], {}, [1, 12, 49, false]],
  ["GlobalLpPool", [[2, 6, 7, 7]], {}, [1, 12, 49, true]],
  ["LRN", [[1, 6, 2, 2]], { size: 3 }, [1, 24, 3, true]],
  ["LRN", [[1, 2, 2, 2]], { size: 5 }, [1, 8, 2, true]],
  ["LpNormalization", [[3, 7]], { axis: 0 }, [1, 7, 3, true]],
  ["InstanceNormalization", [[2, 6, 4, 4], vector, vector], {}, [2, 24, 16, true]],
  ["GroupNormalization", [[2, 6, 4, 4], vector, vector], { num_groups: 3 }, [2, 12, 32, true]],
  ["MeanVarianceNormalization", [[2, 6, 4, 4]], {}, [2, 12, 32, true]],
  ["LayerNormalization", [[2, 5, 6], vector], {}, [2, 20, 6, true]],
  ["RMSNormalization", [[2, 5, 6], vector], { axis: 1 }, [1, 2, 30, true]],
];

test.each(cases.map((c, i) => [i, ...c] as const))(
  "%i. %s states its value sums",
  (_, op, inputs, attrs, stated) => {
    const sums = ops[op].valueSums!(contextOf(op, inputs, attrs));
    const [neurons, components, length, sameSign] = stated ?? [];
    expect(sums).toEqual(stated && { neurons, components, length, term: "value", sameSign });
  },
);

test("no operator states both, and what adds nothing up states nothing", () => {
  const both = Object.values(ops).filter((op) => op.sums && op.valueSums);
  expect(both).toEqual([]);
  for (const op of ["Hardmax", "ReduceMax", "ReduceProd", "GlobalMaxPool", "MaxPool"] as const) {
    expect(ops[op].valueSums).toBeUndefined();
  }
});

describe("valueSites", () => {
  test("stand beside the sums of products, which they do not change", () => {
    expect(valueSites(convNet())).toEqual([]);
    const b = new GraphBuilder();
    const x = b.input("x", [1, 2, 4, 4]);
    const weights = b.constant("w", { elem: "float32", dims: [3, 2], data: new Float32Array(6) });
    const flat = b.node("Flatten", [b.node("GlobalAveragePool", [x], {}, "gap")]);
    const graph = b.build(b.node("Softmax", [b.node("Gemm", [flat, weights], { transB: 1 }, "fc")], {}, "p"));
    expect(sumSites(graph).map(({ id, last }) => [id, last])).toEqual([["fc", true]]);
    expect(valueSites(graph)).toEqual([
      { id: "gap", node: "gap", neurons: 1, components: 2, length: 16, term: "value", sameSign: false },
      { id: "p", node: "p", neurons: 1, components: 1, length: 3, term: "value", sameSign: true },
    ]);
  });

  test("a mean of what cannot be negative has terms of one sign", () => {
    const signOf = (build: (b: GraphBuilder, x: string) => string): boolean => {
      const b = new GraphBuilder();
      const x = build(b, b.input("x", [1, 2, 4, 4]));
      return valueSites(b.build(b.node("GlobalAveragePool", [x])))[0]!.sameSign;
    };
    expect(signOf((_, x) => x)).toBe(false);
    expect(signOf((b, x) => b.node("Relu", [x]))).toBe(true);
    const pool = { kernel_shape: [2, 2] };
    expect(signOf((b, x) => b.node("MaxPool", [b.node("Relu", [x])], pool))).toBe(true);
    expect(signOf((b, x) => b.node("MaxPool", [b.node("Tanh", [x])], pool))).toBe(false);
    const zero = { elem: "float32", dims: [], data: Float32Array.of(0) } as const;
    expect(signOf((b, x) => b.node("Clip", [x, b.constant("zero", zero)]))).toBe(true);
    expect(signOf((b, x) => b.node("Clip", [x, null, b.constant("zero", zero)]))).toBe(false);
  });

  test("floats that are added up count as such where their shapes are not known", () => {
    const b = new GraphBuilder();
    const graph = b.build(b.node("ReduceSum", [b.input("x", ["N", "M"])]));
    expect(valueSites(graph)).toEqual([]);
    expect(addsValues(graph, graph.nodes[0]!)).toBe(true);
    const integers = new GraphBuilder();
    const whole = integers.build(integers.node("ReduceSum", [integers.input("x", [4], "int32")]));
    expect(addsValues(whole, whole.nodes[0]!)).toBe(false);
    expect(addsValues(mlp([2, 2]), mlp([2, 2]).nodes[0]!)).toBe(false);
  });
});
