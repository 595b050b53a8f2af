// Operators that are constant but for jumps, or that do not look at their floats at all: nothing passes.
import type { GradientRule } from "./rule.js";

export const flat: GradientRule =
  ({ inputs }) =>
  () =>
    inputs.map(() => null);
