import { bodyAttr, type Tensor } from "@mpplan/ir";
import { need, overValues } from "../kernel.js";

export const ifKernel = overValues((inputs, node, context) => {
  const condition = need(inputs, 0, node) as Tensor;
  return context.run(bodyAttr(node, condition.data[0] ? "then_branch" : "else_branch"), []);
});
