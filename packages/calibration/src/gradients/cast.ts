import { isFloat } from "@mpplan/ir";
import type { GradientRule } from "./rule.js";

/** Between floats the rounding counts as none (straight-through); from and to integers nothing passes. */
export const cast: GradientRule = ({ inputs, outputs }) => {
  const floats = isFloat(inputs[0]!.elem) && isFloat(outputs[0]!.elem);
  return ([g]) => inputs.map((_, i) => (i === 0 && floats ? g! : null));
};

export const castLike = cast;
