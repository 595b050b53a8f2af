// Functions of any number of broadcast tensors, and Where.
import { overBroadcast } from "./broadcast.js";
import type { GradientRule } from "./rule.js";

export const max = extreme((x, y) => x > y);
export const mean = overBroadcast(
  ({ inputs }) =>
    () =>
      1 / inputs.length,
);
export const min = extreme((x, y) => x < y);
export const sum = overBroadcast(() => () => 1);

/** Every element comes from one side, which gets all of it. */
export const where = overBroadcast(
  (_, [condition]) =>
    (operand, i) =>
      operand === (condition!(i) ? 1 : 2) ? 1 : 0,
);

/** The operand that was chosen gets all; of equal ones that is the last, as it is for the kernel. */
function extreme(beats: (x: number, y: number) => boolean): GradientRule {
  return overBroadcast(({ outputs }, operands) => {
    const chosen = Int32Array.from({ length: outputs[0]!.data.length }, (_, i) =>
      operands.reduce((best, operand, k) => {
        const most = operands[best]!(i);
        return beats(most, operand(i)) || Number.isNaN(most) ? best : k;
      }, 0),
    );
    return (operand, i) => (chosen[i] === operand ? 1 : 0);
  });
}
