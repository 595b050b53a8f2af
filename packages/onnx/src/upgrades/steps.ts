// For upgrades that turn a node into several: one call per node.
import type { ValueId } from "@mpplan/ir";
import type { RawAttr, RawNode } from "../raw-node.js";
import type { UpgradeContext } from "./upgrade.js";

export interface Steps {
  readonly nodes: RawNode[];
  /** Adds a node that yields one value, a new one if no name is given. */
  add(
    op: string,
    inputs: readonly (ValueId | null)[],
    attrs?: Readonly<Record<string, RawAttr>>,
    output?: ValueId,
  ): ValueId;
  /** Adds the node that yields that value of the file; it keeps the id of the node that is replaced. */
  finish(
    op: string,
    inputs: readonly (ValueId | null)[],
    output: ValueId,
    attrs?: Readonly<Record<string, RawAttr>>,
  ): void;
}

/** The nodes that take the place of `raw`. */
export function stepsOf(raw: RawNode, context: UpgradeContext): Steps {
  const nodes: RawNode[] = [];
  const push: (id: string, ...rest: Parameters<Steps["finish"]>) => void = (
    id,
    op,
    inputs,
    output,
    attrs,
  ) => {
    nodes.push({ ...raw, id, op, inputs, outputs: [output], attrs: new Map(Object.entries(attrs ?? {})) });
  };
  let kept = false;
  return {
    nodes,
    add(op, inputs, attrs, output = context.value(op.toLowerCase())) {
      push(context.node(op.toLowerCase()), op, inputs, output, attrs);
      return output;
    },
    finish(op, inputs, output, attrs) {
      push(kept ? context.node(op.toLowerCase()) : raw.id, op, inputs, output, attrs);
      kept = true;
    },
  };
}

export const int = (value: number): RawAttr => ({ kind: "int", value: BigInt(value) });
export const ints = (...values: number[]): RawAttr => ({ kind: "ints", value: values.map(BigInt) });
export const float = (value: number): RawAttr => ({ kind: "float", value });
export const text = (value: string): RawAttr => ({ kind: "string", value });
