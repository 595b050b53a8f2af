// For upgrades that ask the IR what it makes of a node's shapes before the node exists.
import type { Attrs, InferContext, OpName } from "@mpplan/ir";
import type { RawNode } from "../raw-node.js";
import type { UpgradeContext } from "./upgrade.js";

/** The inputs as far as they are known, of a node with those attributes. */
export function inferContext(raw: RawNode, context: UpgradeContext, attrs: Attrs): InferContext {
  const { id, inputs, outputs, origin } = raw;
  return {
    node: { id, op: raw.op as OpName, inputs, outputs, attrs, origin },
    inputs: inputs.map((input, i) => (input === null ? null : { id: input, type: context.inputType(i) })),
  };
}
