// The selection of dynamic choices: which columns of a row are computed again. The frequent test is a comparison
// written out; all others ask the test of @mpplan/runtime, component by component.
import type { RecomputeTest } from "@mpplan/ir";
import type { PreparedTest } from "@mpplan/runtime";

/** The columns to compute again, of a row that starts at `at`. */
export type Selection = (
  values: Float32Array,
  magnitudes: Float32Array | null,
  columns: Int32Array,
  at: number,
  columnStep: number,
  firstComponent: number,
) => number[];

export function compileTest(test: RecomputeTest, prepared: PreparedTest): Selection {
  if (test.rule === "kappa" && test.tau >= 0) {
    const { tau } = test;
    if (test.activation === "identity") {
      return select((v) => !(1 / Math.abs(v) <= tau));
    }
    // kappa of ReLU is 0 below zero, and 0/|v| is within any tolerance; NaN is not.
    if (test.activation === "relu") return select((v) => (v >= 0 ? !(1 / v <= tau) : v !== v));
  }
  return (values, magnitudes, columns, at, columnStep, firstComponent) => {
    const chosen: number[] = [];
    for (const column of columns) {
      const index = at + column * columnStep;
      const magnitude = magnitudes ? magnitudes[index]! : NaN;
      if (prepared.recompute(values[index]!, magnitude, firstComponent + index)) chosen.push(column);
    }
    return chosen;
  };
}

const select =
  (again: (v: number) => boolean): Selection =>
  (values, _magnitudes, columns, at, columnStep) => {
    const chosen: number[] = [];
    for (const column of columns) if (again(values[at + column * columnStep]!)) chosen.push(column);
    return chosen;
  };
