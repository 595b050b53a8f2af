// Measures a site for calibration as the reference does, number for number: exact sums, magnitudes, and every step of
// the low accumulators, in wasm. What its kernels are not made for is left to the reference.
import { formatNamed, maxFinite, minNormal } from "@mpplan/formats";
import {
  isFloat,
  resultFormat,
  sizeOf,
  type Accumulator,
  type Arrangement,
  type Node,
  type SumSite,
  type Tensor,
} from "@mpplan/ir";
import type { LowMeasurement, Probe, SiteMeasurement } from "@mpplan/runtime";
import { laidOut, Layout, scaleBack, type Laid } from "./arrange.js";
import { exactSums } from "./exact.js";
import { Operand, piece } from "./operand.js";
import { targetOf } from "./planned.js";
import { problemOf, type Problem } from "./problem.js";
import { problemWith } from "./recipe.js";
import { inBinary32, inBinary64, type Shared, type Weights } from "./shared.js";

export function createProbe(
  node: Node,
  site: SumSite,
  accumulators: readonly Accumulator[],
  arrangement: Arrangement | undefined,
  shared: Shared,
  reference: Probe,
): Probe {
  const wide = (t: Tensor | null): Tensor | null =>
    t && isFloat(t.elem) ? { ...t, data: inBinary64(t) } : t;
  const layout = new Layout(shared, arrangement);
  const known = accumulators.every((a) => !problemWith(a) && a.format !== "binary64");
  return {
    kind: "probe",
    run(handles) {
      const inputs = handles as (Tensor | null)[];
      const measured = known ? measure(node, site, inputs, accumulators, layout, shared) : null;
      return measured ?? reference.run(inputs.map(wide));
    },
  };
}

/** Null where the reference has to do it. */
function measure(
  node: Node,
  site: SumSite,
  inputs: readonly (Tensor | null)[],
  accumulators: readonly Accumulator[],
  layout: Layout,
  shared: Shared,
): SiteMeasurement | null {
  const [x, w, bias] = [inputs[0]!, inputs[1]!, inputs[2] ?? null];
  const problem = problemOf(node, inputs, site);
  const size = sizeOf(problem.dims);
  const weights = shared.weights(w, problem);
  const exactBias = bias && inBinary64(bias);
  // What a low sum would be given: the exact inputs as they are stored between nodes, arranged.
  const laid = laidOut(shared, problem, inputs, layout);
  const lowWeights = layout.id > 0 ? shared.weights(laid.w, laid.problem) : weights;
  const narrowBias = laid.bias && inBinary32(laid.bias);
  const biasIsFinite = !narrowBias || narrowBias.every(Number.isFinite);
  const narrow = new Operand(shared.memory, laid.problem, inBinary32(laid.x), false);
  const disposeWeights = (): void => {
    weights.dispose();
    lowWeights.dispose();
  };
  if (size === 0 || !biasIsFinite || !narrow.survey.finite || !weightsAreFinite(lowWeights, laid.problem)) {
    disposeWeights();
    return null;
  }

  const { memory } = shared;
  const neurons = new Int32Array(size);
  const [outRow, outColumn] = problem.outStep;
  for (const unit of problem.units) {
    for (let column = 0; column < problem.columns; column++) {
      const neuron = problem.neuron(unit.group, column);
      let at = unit.out + column * outColumn;
      for (let row = 0; row < problem.rows; row++, at += outRow) neurons[at] = neuron;
    }
  }
  const low = accumulators.map((a) => {
    const value = lowValues(shared, lowWeights, laid, narrow, narrowBias, a, size);
    const steps = traced(shared, lowWeights, laid.problem, narrow, narrowBias, a, size);
    // Errors in terms of v: squares are scaled back twice.
    for (const squares of [steps.partialSquared, steps.ulpSquared]) {
      scaleBack(squares, laid);
      scaleBack(squares, laid);
    }
    return { value, ...steps } satisfies LowMeasurement;
  });
  const h = inBinary64(x);
  const v = exactSums(memory, problem, (group) => weights.panels64(group), h, exactBias, size);
  const positive = { ...problem, alpha: Math.abs(problem.alpha), beta: Math.abs(problem.beta) };
  const magnitude = exactSums(
    ...([memory, positive, (group: number) => weights.panels64(group, true), h.map(Math.abs)] as const),
    ...([exactBias && exactBias.map(Math.abs), size] as const),
  );
  disposeWeights();
  return { neurons, v, magnitude, low };
}

function weightsAreFinite(weights: Weights, problem: Problem): boolean {
  return Array.from({ length: problem.groups }, (_, group) => weights.panels(group)).every(
    (panels) => panels.survey.finite,
  );
}

function lowValues(
  { memory, sums }: Shared,
  weights: Weights,
  laid: Laid,
  operand: Operand,
  bias: Float32Array | null,
  accumulator: Accumulator,
  size: number,
): Float64Array {
  const { problem } = laid;
  const recipe = sums.recipe(accumulator);
  const out = memory.scratch("out", size * 4);
  const biasAt = bias ? memory.scratch("bias", bias.length * 4) : 0;
  if (bias) memory.f32(biasAt, bias.length).set(bias);
  const most = piece(problem, 4);
  for (const unit of problem.units) {
    for (let from = 0; from < problem.rows; from += most) {
      const rows = operand.rows(unit, from, Math.min(most, problem.rows - from));
      const target = targetOf(problem, unit, from, out, biasAt);
      sums.run(recipe, weights.panels(unit.group), rows, operand.survey, problem, target);
    }
  }
  const values = memory.f32(out, size);
  scaleBack(values, laid);
  return Float64Array.from(values);
}

/** The partial sums of every component, without their rounding: see assembly/trace.ts. */
function traced(
  { memory }: Shared,
  weights: Weights,
  problem: Problem,
  operand: Operand,
  bias: Float32Array | null,
  accumulator: Accumulator,
  size: number,
): Omit<LowMeasurement, "value"> {
  const { length, columns, alpha, beta } = problem;
  const peak = new Float64Array(size);
  const clipped = new Uint8Array(size);
  const partialSquared = new Float64Array(size);
  const ulpSquared = new Float64Array(size);
  const [outRow, outColumn] = problem.outStep;
  const [biasRow, biasColumn] = problem.biasStep;
  const { order } = accumulator;
  const block = order.kind === "blocked" ? order.block : order.kind === "chunked" ? order.chunk : length;
  const constants = memory.scratch("trace constants", 64);
  const formats = [accumulator.format, resultFormat(accumulator)].map(formatNamed);
  const [innerMax, outerMax] = formats.map(maxFinite);
  const written = memory.f64(constants, 8);
  for (const [i, f] of formats.entries()) {
    written.fill(minNormal(f), 4 * i, 4 * i + 2).fill(2 ** (1 - f.precision), 4 * i + 2, 4 * i + 4);
  }
  const most = piece(problem, 4);
  for (const unit of problem.units) {
    const panels = weights.panels(unit.group);
    const padded = panels.count * 8;
    const result = memory.scratch("trace", padded * 32);
    const biasAt = bias ? memory.scratch("trace bias", padded * 8) : 0;
    for (let from = 0; from < problem.rows; from += most) {
      const rows = operand.rows(unit, from, Math.min(most, problem.rows - from));
      for (let row = 0; row < rows.count; row++) {
        if (bias && (biasRow > 0 || (row === 0 && from === 0))) {
          const at = unit.bias + (from + row) * biasRow;
          const target = memory.f64(biasAt, padded).fill(0);
          for (let j = 0; j < columns; j++) target[j] = bias[at + j * biasColumn]!;
        }
        const h = rows.row(row, 64);
        memory.wasm.trace64!(
          ...[panels.f64(), panels.count, h.at, h.step, length, Math.max(1, Math.min(block, length))],
          ...[biasAt, alpha, beta, constants, result],
        );
        const found = memory.f64(result, padded * 4);
        const first = unit.out + (from + row) * outRow;
        for (let j = 0, at = first; j < columns; j++, at += outColumn) {
          const [inner, outer] = [found[j]!, found[padded + j]!];
          peak[at] = Math.max(inner, outer);
          clipped[at] = inner > innerMax! || outer > outerMax! ? 1 : 0;
          partialSquared[at] = found[2 * padded + j]!;
          ulpSquared[at] = found[3 * padded + j]!;
        }
      }
    }
  }
  return { peak, clipped, partialSquared, ulpSquared };
}
