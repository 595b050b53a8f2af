// A reference kernel as a tool: what a rule leaves to another operator, or to its own with other attributes.
import {
  ops,
  type Attrs,
  type AttrSpec,
  type AttrValue,
  type Node,
  type OpName,
  type Tensor,
} from "@mpplan/ir";
import { evaluateNode } from "@mpplan/runtime";

/** The outputs of an operator on these inputs; what `attrs` does not say is at its default. */
export function runKernel(
  op: OpName,
  inputs: readonly (Tensor | null)[],
  attrs: Attrs,
  outputs = 1,
): { readonly node: Node; readonly outputs: Tensor[] } {
  const defaults: Record<string, AttrValue> = {};
  for (const [name, spec] of Object.entries<AttrSpec>(ops[op].attributes)) {
    if ("default" in spec && spec.default !== undefined) defaults[name] = spec.default;
  }
  const node: Node = {
    id: op,
    op,
    inputs: inputs.map((t, i) => t && `in${i}`),
    outputs: Array.from({ length: outputs }, (_, i) => `out${i}`),
    attrs: { ...defaults, ...attrs },
    origin: { name: op, opType: op, domain: "", opset: 0 },
  };
  return { node, outputs: evaluateNode(node, inputs) };
}
