// Loop and Scan of few rounds written out: the same outputs.
import {
  inferTypes,
  unplannedSums,
  unrollRounds,
  verify,
  type Attrs,
  type Body,
  type Graph,
} from "@mpplan/ir";
import { describe, expect, test } from "vitest";
import { GraphBuilder, randomTensor, tensorOf } from "../../../ir/src/testing.js";
import { relativeError } from "../../src/testing.js";
import { outputsOf, siteIds } from "./testing.js";

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
