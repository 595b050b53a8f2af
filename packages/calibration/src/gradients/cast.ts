import { isFloat } from "@mpplan/ir";
import type { GradientRule } from "./rule.js";

/**
 * To floats the rounding counts as none (straight-through), also from quantised integers, whose cotangent is asked for;
 * to integers nothing passes.
 */
export const cast: GradientRule = ({ inputs, outputs, wanted }) => {
  const passes = isFloat(outputs[0]!.elem) && wanted[0];
  return ([g]) => inputs.map((_, i) => (i === 0 && passes ? g! : null));
};

export const castLike = cast;
