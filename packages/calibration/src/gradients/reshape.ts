// The same elements under other dims: cotangents pass as they are.
import type { GradientRule } from "./rule.js";

const sameElements: GradientRule =
  ({ inputs }) =>
  ([g]) =>
    inputs.map((_, i) => (i === 0 ? g! : null));

export const flatten = sameElements;
export const identity = sameElements;
export const reshape = sameElements;
/** Straight-through: a rounding has no useful derivative (0 almost everywhere), and is taken as none. */
export const roundTo = sameElements;
export const squeeze = sameElements;
export const unsqueeze = sameElements;
