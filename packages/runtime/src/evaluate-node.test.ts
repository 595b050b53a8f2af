import { expect, test } from "vitest";
import { GraphBuilder, tensorOf } from "../../ir/src/testing.js";
import { evaluateNode } from "./evaluate-node.js";

function nodeOf(op: "Div" | "Neg" | "Shape", inputs: number): Parameters<typeof evaluateNode>[0] {
  const b = new GraphBuilder();
  const names = Array.from({ length: inputs }, (_, i) => b.input(`x${i}`, [1]));
  return b.build(b.node(op, names)).nodes[0]!;
}

test("float32 results are binary32 numbers in a Float32Array", () => {
  const [third] = evaluateNode(nodeOf("Div", 2), [tensorOf([1], [1]), tensorOf([1], [3])]);
  expect(third).toEqual(tensorOf([1], [Math.fround(1 / 3)]));
});

test("float64 results keep all their bits, integers their type", () => {
  const [third] = evaluateNode(nodeOf("Div", 2), [
    tensorOf([1], [1], "float64"),
    tensorOf([1], [3], "float64"),
  ]);
  expect(third).toEqual(tensorOf([1], [1 / 3], "float64"));
  expect(evaluateNode(nodeOf("Neg", 1), [tensorOf([2], [3, -4], "int64")])).toEqual([
    tensorOf([2], [-3, 4], "int64"),
  ]);
});

test("inputs are not written to", () => {
  const x = tensorOf([2], [1, 2]);
  evaluateNode(nodeOf("Neg", 1), [x]);
  expect([...x.data]).toEqual([1, 2]);
});
