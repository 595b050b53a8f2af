// What an upgrade is: it turns a node of an older opset into nodes of the newest ONNX, which the IR speaks.
import {
  quote,
  describeNode,
  tensor,
  type ElementType,
  type NodeId,
  type Tensor,
  type TensorType,
  type ValueId,
} from "@mpplan/ir";
import { invalid } from "../attributes.js";
import { ImportError } from "../errors.js";
import type { RawAttr, RawAttrs, RawNode } from "../raw-node.js";

/** What an upgrade may ask of the graph around the node, and add to it. */
export interface UpgradeContext {
  /** The type of an input as far as it is known; null where the input is left out. */
  inputType(index: number): TensorType | null;
  /** The tensor that an input is, where it is constant. */
  inputConstant(index: number): Tensor | undefined;
  /** Whether any node or the graph's outputs read that output. */
  isRead(output: number): boolean;
  /** A new constant, named after the node. */
  constant(name: string, value: Tensor): ValueId;
  /** The name of a new value between two nodes. */
  value(name: string): ValueId;
  /** The id of a new node. */
  node(name: string): NodeId;
}

/** `raw.origin.opset` says which version of the operator the node is of. */
export type Upgrade = (raw: RawNode, context: UpgradeContext) => RawNode[];

/** The attribute of that kind, or undefined. @throws ImportError where it is of another kind. */
export function attribute<Kind extends RawAttr["kind"]>(
  raw: RawNode,
  name: string,
  kind: Kind,
): Extract<RawAttr, { kind: Kind }> | undefined {
  const found = raw.attrs.get(name);
  if (found === undefined || found.kind === kind)
    return found as Extract<RawAttr, { kind: Kind }> | undefined;
  throw invalid(
    raw.origin,
    `The attribute ${quote(name)} of ${raw.op} is of type ${found.kind}, not ${kind}`,
  );
}

/** The attributes but for those names. */
export function without(attrs: RawAttrs, ...names: string[]): RawAttrs {
  return new Map([...attrs].filter(([name]) => !names.includes(name)));
}

/** A one-dimensional int64 tensor, as axes and sizes are given. */
export function int64s(values: readonly bigint[]): Tensor {
  return tensor("int64", [values.length], BigInt64Array.from(values));
}

/** A scalar of the element type that the float attributes of older opsets went along with. */
export function scalar(elem: ElementType, value: number): Tensor {
  return tensor(elem, [], elem === "float64" ? Float64Array.of(value) : Float32Array.of(value));
}

/** Refuses attributes other than those: of an operator that exists in files only, nothing else checks them. */
export function checkedAttributes(raw: RawNode, ...names: string[]): void {
  const unknown = [...raw.attrs.keys()].find((name) => !names.includes(name));
  if (unknown === undefined) return;
  throw invalid(raw.origin, `${raw.op} has no attribute ${quote(unknown)} that mpplan knows`);
}

/** The node with its inputs filled up to `count` with omitted ones, then `more` appended. */
export function withInputs(raw: RawNode, count: number, ...more: (ValueId | null)[]): RawNode["inputs"] {
  const omitted = new Array<null>(Math.max(0, count - raw.inputs.length)).fill(null);
  return [...raw.inputs, ...omitted, ...more];
}

/** Refuses inputs beyond those that the operator had in the node's opset. */
export function expectInputs(raw: RawNode, most: number): void {
  if (raw.inputs.length <= most) return;
  throw new ImportError("invalid-model", {
    what: `${raw.op} takes at most ${most} inputs in opset ${raw.origin.opset}, but has ${raw.inputs.length}`,
    where: describeNode(raw),
    next: "correct the model's opset, or export it again",
  });
}

/** The error for a use of an operator that the IR does not have. */
export function unsupportedUse(raw: RawNode, what: string, next: string): ImportError {
  return new ImportError("unsupported-feature", { what, where: describeNode(raw), next });
}
