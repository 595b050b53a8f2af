// Einsum written as products of two operands: the same outputs.
import { contractEinsum, unplannedSums, type Graph } from "@mpplan/ir";
import { describe, expect, test } from "vitest";
import { GraphBuilder } from "../../../ir/src/testing.js";
import { lowered, siteIds } from "./testing.js";

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
