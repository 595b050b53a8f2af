import { describe, expect, test, vi } from "vitest";
import type { Node } from "../graph.js";
import { GraphBuilder, randomTensor, tensorOf } from "../testing.js";
import type { Tensor } from "../types.js";
import { verify } from "../verify.js";
import { foldConstants, type Evaluate } from "./fold-constants.js";

/** Adds, negates and tells shapes: enough to see what is folded. */
const evaluate = vi.fn<Evaluate>((node: Node, inputs: readonly (Tensor | null)[]): Tensor[] => {
  const [a, b] = inputs as Tensor[];
  const x = a!.data as Float32Array;
  if (node.op === "Shape") return [tensorOf([a!.dims.length], [...a!.dims], "int64")];
  if (node.op === "Add")
    return [
      tensorOf(
        a!.dims,
        Array.from(x, (v, i) => v + (b!.data as Float32Array)[i]!),
      ),
    ];
  return [
    tensorOf(
      a!.dims,
      Array.from(x, (v) => -v),
    ),
  ];
});

const list = (b: GraphBuilder, id: string, ...values: number[]): string =>
  b.constant(id, tensorOf([values.length], values));

describe("foldConstants", () => {
  test("leaves to run time what would make the model much larger, by one node or by all together", () => {
    const b = new GraphBuilder();
    const small = [1, 2, 3].map((i) => b.node("Neg", [list(b, `c${i}`, i, i)]));
    const large = b.node("Neg", [list(b, "c", 1, 2, 3, 4, 5)]);
    const x = b.input("x", [1]);
    const ends = [...small, large].map((id) => b.node("Add", [x, id]));
    const graph = b.build(...ends);
    const folded = (eachNode: number, allNodes: number) => {
      const result = foldConstants(graph, evaluate, { eachNode, allNodes }).graph;
      return [...small, large].map((id) => result.values.get(id)?.constant !== undefined);
    };
    expect(folded(10, 100)).toEqual([true, true, true, true]);
    expect(folded(4, 100)).toEqual([true, true, true, false]);
    expect(folded(10, 5)).toEqual([true, true, false, false]);
  });

  test("holds operators to the budget whose output is as large as an input says", () => {
    const b = new GraphBuilder();
    const sizes = (id: string, ...values: number[]) =>
      b.constant(id, tensorOf([values.length], values, "int64"));
    const scalar = (id: string, value: number) => b.constant(id, tensorOf([], [value]));
    const large = [
      b.node("ConstantOfShape", [sizes("shape", 2 ** 13, 2 ** 13)]),
      b.node("Expand", [scalar("one", 1), sizes("wide", 2 ** 25)]),
      b.node("Range", [scalar("from", 0), scalar("to", 2 ** 25), scalar("step", 1)]),
      b.node("Tile", [list(b, "few", 1, 2), sizes("often", 2 ** 24)]),
    ];
    const x = b.input("x", [1]);
    const graph = b.build(...large.map((id) => b.node("Add", [x, id])));
    evaluate.mockClear();
    expect(foldConstants(graph, evaluate)).toEqual({ graph, changed: false });
    expect(evaluate).not.toHaveBeenCalled();
  });

  test("computes chains of constants in one go", () => {
    const b = new GraphBuilder();
    const sum = b.node("Add", [list(b, "a", 1, 2), list(b, "b", 10, 20)]);
    const minus = b.node("Neg", [sum]);
    const { graph, changed } = foldConstants(
      b.build(b.node("Add", [b.input("x", [2]), minus], {}, "y")),
      evaluate,
    );
    expect(changed).toBe(true);
    expect(verify(graph).nodes.map((n) => n.id)).toEqual(["y"]);
    expect([...graph.values.get(minus)!.constant!.data]).toEqual([-11, -22]);
    expect([...graph.values.keys()].sort()).toEqual([minus, "x", "y"].sort());
  });

  test("tells a known shape without computing what has it", () => {
    const b = new GraphBuilder();
    const x = b.input("x", [3, 1000, 1000]);
    const shape = b.node("Shape", [x], {}, "s");
    const { graph } = foldConstants(b.build(b.node("Add", [shape, b.input("t", [3], "int64")])), evaluate);
    expect([...(graph.values.get("s")!.constant!.data as BigInt64Array)]).toEqual([3n, 1000n, 1000n]);
  });

  test.each<[string, (b: GraphBuilder) => string[]]>([
    [
      "a node with an input that is not constant",
      (b) => [b.node("Add", [b.input("x", [2]), list(b, "a", 1, 2)])],
    ],
    ["an output of the graph", (b) => [b.node("Neg", [list(b, "a", 1, 2)])]],
    [
      "the shape of a value of unknown size",
      (b) => [b.node("Neg", [b.node("Shape", [b.input("x", ["N", 2])])])],
    ],
    [
      "a sum, even of constants: the plan is about it",
      (b) => [
        b.node("Neg", [
          b.node("MatMul", [
            b.constant("a", randomTensor([2, 2], 1)),
            b.constant("w", randomTensor([2, 2], 2)),
          ]),
        ]),
      ],
    ],
  ])("leaves alone %s", (_, tail) => {
    const b = new GraphBuilder();
    const graph = b.build(...tail(b));
    evaluate.mockClear();
    expect(foldConstants(graph, evaluate)).toEqual({ graph, changed: false });
    expect(evaluate).not.toHaveBeenCalled();
  });

  test("leaves alone a result of more than 2^24 elements", () => {
    const b = new GraphBuilder();
    const tall = b.constant("tall", tensorOf([2 ** 13, 1], new Array<number>(2 ** 13).fill(0)));
    const wide = b.constant("wide", tensorOf([1, 2 ** 12], new Array<number>(2 ** 12).fill(0)));
    const graph = b.build(b.node("Neg", [b.node("Add", [tall, wide])]));
    expect(foldConstants(graph, evaluate).changed).toBe(false);
  });
});
