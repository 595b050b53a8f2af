// The selection of dynamic choices: which columns of a row are computed again. The frequent test is a comparison
// written out; all others ask the test of @mpplan/runtime, component by component.
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
    const { tau } = test;
    if (test.activation === "identity") {
      return select((v) => !(1 / Math.abs(v) <= tau));
    }
    // kappa of ReLU is 0 below zero, and 0/|v| is within any tolerance; NaN is not.
    if (test.activation === "relu") return select((v) => (v >= 0 ? !(1 / v <= tau) : v !== v));
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

const select =
  (again: (v: number) => boolean): Selection =>
  (values, _magnitudes, { columns }, at, columnStep) => {
    const chosen: number[] = [];
    for (const column of columns) if (again(values[at + column * columnStep]!)) chosen.push(column);
    return chosen;
  };
