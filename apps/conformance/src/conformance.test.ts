// All of ONNX's node cases, where the shared data is at hand.
import { expect, test } from "vitest";
import { standardPasses, unplannedSums, type Graph } from "@mpplan/ir";
import { evaluateNode } from "@mpplan/runtime";
import { sharedData } from "../../../tools/shared-data.js";
import { casesIn } from "./cases.js";
import { readGaps, surprise } from "./gaps.js";
import { countsOf, runAll } from "./report.js";
import { difference, runCase } from "./run-case.js";

const data = sharedData("onnx-conformance");

test.skipIf(data === null)("every case does what gaps.json says", async () => {
  const results = await runAll(casesIn(data!));
  const gaps = readGaps();
  expect(results.flatMap((result) => surprise(result, gaps) ?? [])).toEqual([]);
  expect(countsOf(results).pass).toBeGreaterThan(600);
});

test.skipIf(data === null)("every case of Attention does the same, written as products", async () => {
  const cases = casesIn(data!).filter(({ name }) => /^test_attention_(?!.*_expanded)/.test(name));
  expect(cases.length).toBeGreaterThan(40);
  const expanded = (graph: Graph): Graph => {
    const after = standardPasses(graph, evaluateNode);
    expect(after.nodes.map(({ op }) => op)).not.toContain("Attention");
    expect(unplannedSums(after)).toEqual([]);
    return after;
  };
  for (const each of cases)
    expect([each.name, await runCase(each, expanded)]).toEqual([each.name, { verdict: "pass" }]);
});

test.skipIf(data === null)("every case of Loop and Scan does the same, written out", async () => {
  const cases = casesIn(data!).filter(({ name }) => /^test_(loop|range|scan)/.test(name));
  let unrolled = 0;
  const simplified = (graph: Graph): Graph => {
    const after = standardPasses(graph, evaluateNode);
    const repeats = (g: Graph) => g.nodes.filter(({ op }) => op === "Loop" || op === "Scan").length;
    if (repeats(after) < repeats(graph)) unrolled++;
    return after;
  };
  for (const each of cases)
    expect([each.name, await runCase(each, simplified)]).toEqual([each.name, { verdict: "pass" }]);
  expect(unrolled).toBeGreaterThan(0);
});

test("a gap that passes and a failure that is no gap are surprises", () => {
  const gaps = { operators: { LSTM: "no kernel" }, cases: { "test_cast_*": "a reason" } };
  const result = (name: string, operators: string[], pass: boolean) =>
    surprise(
      { name, operators, outcome: pass ? { verdict: "pass" } : { verdict: "mismatch", why: "differs" } },
      gaps,
    );
  expect(result("test_lstm", ["LSTM"], false)).toBeNull();
  expect(result("test_lstm", ["LSTM"], true)).toBe("test_lstm passes, but gaps.json lists LSTM");
  expect(result("test_cast_x", ["Cast"], false)).toBeNull();
  expect(result("test_add", ["Add"], true)).toBeNull();
  expect(result("test_add", ["Add"], false)).toBe("test_add: mismatch, differs");
});

test("values differ by type, by dims, by an element beyond the tolerance", () => {
  const of = (elem: "float32" | "float64", dims: number[], ...list: number[]) => ({
    elem,
    dims,
    data: elem === "float32" ? Float32Array.from(list) : Float64Array.from(list),
  });
  const expected = of("float32", [2], 1, NaN);
  expect(difference(of("float32", [2], 1.0009, NaN), expected)).toBeNull();
  expect(difference(of("float32", [2], 1.0011, NaN), expected)).toContain("element 0");
  expect(difference(of("float32", [2], 1, 0), expected)).toBe("element 1 is 0, not NaN");
  expect(difference(of("float64", [2], 1, NaN), expected)).toBe("float64, not float32");
  expect(difference(of("float32", [1, 2], 1, NaN), expected)).toBe("dims [1, 2], not [2]");
});
