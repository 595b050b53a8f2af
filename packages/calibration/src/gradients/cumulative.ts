// Running sums: the transpose of a running sum is one that runs the other way.
import { intAttr } from "@mpplan/ir";
import { evaluateNode } from "@mpplan/runtime";
import { numbersOf, type GradientRule } from "./rule.js";

export const cumSum: GradientRule = ({ node, inputs }) => {
  const backwards = { ...node, attrs: { ...node.attrs, reverse: 1 - intAttr(node, "reverse") } };
  const [x, axis] = [inputs[0]!, inputs[1]!];
  return ([g], room) => {
    const result = room(g!.length);
    result.set(numbersOf(evaluateNode(backwards, [{ elem: "float64", dims: x.dims, data: g! }, axis])[0]));
    return [result, null];
  };
};
