// The selection of dynamic choices: which columns of a row are computed again. The frequent tests are one comparison;
// all others ask the test of @mpplan/runtime, component by component.
import { activationNamed, type RecomputeTest } from "@mpplan/ir";
import type { ComponentTest } from "@mpplan/runtime";

/** Some columns of a group, and which neuron of its range each of them is. */
export interface Tested {
  readonly columns: Int32Array;
  readonly neurons: Int32Array;
}

/** The columns to compute again, of a row that starts at `at`. */
export type Selection = (
  values: Float32Array,
  magnitudes: Float32Array | null,
  tested: Tested,
  at: number,
  columnStep: number,
  firstComponent: number,
) => number[];

export function compileTest(test: RecomputeTest, prepared: ComponentTest): Selection {
  if (test.rule === "kappa" && test.tau >= 0) {
    const least = leastKept(test.tau);
    if (test.activation === "identity") return select(least, false);
    if (test.activation === "relu") return select(least, true);
  }
  if (test.rule === "contribution") return aboveThresholds(test.activation, test.thresholds);
  return (values, magnitudes, { columns, neurons }, at, columnStep, firstComponent) => {
    const chosen: number[] = [];
    for (let i = 0; i < columns.length; i++) {
      const index = at + columns[i]! * columnStep;
      const magnitude = magnitudes ? magnitudes[index]! : NaN;
      if (prepared.recompute(values[index]!, magnitude, firstComponent + index, neurons[i]!))
        chosen.push(columns[i]!);
    }
    return chosen;
  };
}

/** The columns that a row test marked. */
export const marked =
  (again: Uint8Array): Selection =>
  (_values, _magnitudes, { columns }, at, columnStep) => {
    const chosen: number[] = [];
    for (const column of columns) if (again[at + column * columnStep] === 1) chosen.push(column);
    return chosen;
  };

function aboveThresholds(activation: string, thresholds: readonly number[]): Selection {
  const marks = Float64Array.from(thresholds);
  // ReLU's score is the value itself.
  const score = activation === "relu" ? null : activationNamed(activation)!.score;
  return (values, _magnitudes, { columns, neurons }, at, columnStep) => {
    const chosen: number[] = [];
    for (let i = 0; i < columns.length; i++) {
      const v = values[at + columns[i]! * columnStep]!;
      if (!((score ? score(v) : v) <= marks[neurons[i]!]!)) chosen.push(columns[i]!);
    }
    return chosen;
  };
}

/** The smallest binary32 number v >= 0 with 1/v <= tau: rounded quotients fall as v grows. */
export function leastKept(tau: number): number {
  const number = new Float32Array(1);
  const pattern = new Uint32Array(number.buffer);
  let [low, high] = [0, 0x7f800000];
  while (low < high) {
    const middle = (low + high) >>> 1;
    pattern[0] = middle;
    if (1 / number[0]! <= tau) high = middle;
    else low = middle + 1;
  }
  pattern[0] = low;
  return number[0]!;
}

/**
 * Chooses what is not at least so large, NaN too. kappa of ReLU is 0 below zero, and 0/|v| is within any tolerance.
 */
const select =
  (least: number, relu: boolean): Selection =>
  (values, _magnitudes, { columns }, at, columnStep) => {
    const chosen: number[] = [];
    for (let i = 0; i < columns.length; i++) {
      const column = columns[i]!;
      const v = values[at + column * columnStep]!;
      if (Math.abs(v) >= least || (relu && v < 0)) continue;
      chosen.push(column);
    }
    return chosen;
  };
