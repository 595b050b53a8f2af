// What a gradient rule is: how the cotangent of a node's outputs becomes that of its inputs.
import type { Node, Tensor } from "@mpplan/ir";

/** A node of one exact run. Floats are Float64Array whatever their element type. */
export interface GradientContext {
  readonly node: Node;
  readonly inputs: readonly (Tensor | null)[];
  readonly outputs: readonly Tensor[];
  /** Per input, whether its cotangent is asked for. Integers and constants never are. */
  readonly wanted: readonly boolean[];
  /** Samples in the run. */
  readonly count: number;
}

/** Zeros to write a cotangent into. */
export type Room = (length: number) => Float64Array;

/**
 * From the cotangents of the outputs (zeros where none came) to those of the inputs, null where none was asked for
 * or the derivative is zero everywhere. Called once per backward pass. What it returns is from `room`, or the very
 * array that it was given; it writes to no other, and keeps none.
 */
export type Pullback = (cotangents: readonly Float64Array[], room: Room) => readonly (Float64Array | null)[];

/**
 * The vector-Jacobian product of one operator. Called once per run, so that what only depends on the values is worked
 * out once for all backward passes. Every sum runs in an order that does not depend on the other samples. Null where
 * the rule does not cover the node as it is: it is probed then, visibly.
 */
export type GradientRule = (context: GradientContext) => Pullback | null;

/** The numbers of a float tensor of a context. */
export function numbersOf(t: Tensor | null | undefined): Float64Array {
  if (t?.data instanceof Float64Array) return t.data;
  throw new Error("internal: a gradient rule met a tensor that is missing or no float");
}

/** `g` times `slopes`, where 0 times anything is 0: what has no influence passes nothing on. */
export function scaled(g: Float64Array, slopes: Float64Array, room: Room): Float64Array {
  const result = room(g.length);
  for (let i = 0; i < g.length; i++) if (g[i] !== 0) result[i] = g[i]! * slopes[i]!;
  return result;
}
