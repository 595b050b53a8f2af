// A node as the file has it, attributes decoded but not yet checked: what the upgrades turn into nodes of the IR.
import type { NodeId, Origin, Tensor, ValueId, ValueType } from "@mpplan/ir";
import type { Surroundings } from "./functions.js";
import type { GraphProto } from "./proto.js";

/** An attribute of any type that ONNX has; those that no operator here takes keep their kind only. */
export type RawAttr =
  | { readonly kind: "int"; readonly value: bigint }
  | { readonly kind: "float"; readonly value: number }
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "tensor"; readonly value: Tensor }
  | { readonly kind: "ints"; readonly value: readonly bigint[] }
  | { readonly kind: "floats"; readonly value: readonly number[] }
  | { readonly kind: "strings"; readonly value: readonly string[] }
  /** Read when the node is added, since it may refer to what is around it. */
  | { readonly kind: "graph"; readonly value: GraphProto; readonly around: Surroundings }
  | { readonly kind: "type"; readonly value: ValueType }
  | { readonly kind: "graphs" | "tensors" | "sparse-tensor" | "sparse-tensors" | "types" };

/** By name: a Map, since a file may call an attribute `__proto__`. */
export type RawAttrs = ReadonlyMap<string, RawAttr>;

export interface RawNode {
  readonly id: NodeId;
  /** Of the newest ONNX, once upgraded; `operatorKey` tells how operators of other domains are called. */
  readonly op: string;
  /** An omitted input is null. */
  readonly inputs: readonly (ValueId | null)[];
  /** An omitted output is the empty text. */
  readonly outputs: readonly ValueId[];
  readonly attrs: RawAttrs;
  readonly origin: Origin;
}
