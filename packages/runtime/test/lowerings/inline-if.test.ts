// A decided If written as its branch: the same outputs.
import { inlineIf, type Graph } from "@mpplan/ir";
import { describe, expect, test } from "vitest";
import { GraphBuilder, randomTensor, tensorOf } from "../../../ir/src/testing.js";
import { lowered, siteIds } from "./testing.js";

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
