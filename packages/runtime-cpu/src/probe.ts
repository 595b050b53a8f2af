// Measures a site for calibration as the reference does, number for number: exact sums, magnitudes, and every step of
// the low accumulators, in wasm. What its kernels are not made for is left to the reference.
import {
  isFloat,
  sizeOf,
  type Accumulator,
  type Arrangement,
  type Node,
  type SumSite,
  type Tensor,
} from "@mpplan/ir";
import {
  type LowMeasurement,
  type Probe,
  type Problem,
  problemOf,
  type SiteMeasurement,
} from "@mpplan/runtime";
import { laidOut, Layout, scaleBack } from "./arrange.js";
import { exactSums } from "./exact.js";
import { Operand } from "./operand.js";
import { problemWith } from "./recipe.js";
import { inBinary32, inBinary64, type Shared, type Weights } from "./shared.js";
import { targetOf } from "./sums.js";
import { forEachPiece } from "./threads/split.js";
import { traced } from "./trace.js";

/** A is the sum of this accumulator, as the reference has it. */
const magnitudeAccumulator: Accumulator = {
  format: "binary32",
  order: { kind: "sequential" },
  product: "f32-add",
  rounding: "nearest-even",
  overflow: "infinity",
};

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
  const naturalBias = bias && inBinary32(bias);
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

  const { memory, crew } = shared;
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
    const value = sumsOf(shared, lowWeights, laid.problem, narrow, narrowBias, a, size);
    scaleBack(value, laid);
    // As it is stored, beyond binary32's normal range too.
    if (laid.unscale) value.forEach((x, i) => (value[i] = Math.fround(x)));
    const steps = traced(shared, lowWeights, laid.problem, narrow, narrowBias, a, size);
    // Errors in terms of v: squares are scaled back twice.
    for (const squares of [steps.partialSquared, steps.ulpSquared]) {
      scaleBack(squares, laid);
      scaleBack(squares, laid);
    }
    return { value, ...steps } satisfies LowMeasurement;
  });
  const v = exactSums(
    memory,
    crew,
    problem,
    (group) => weights.panels64(group),
    inBinary64(x),
    bias && inBinary64(bias),
    size,
  );
  const magnitude = magnitudes(shared, weights, problem, inBinary32(x), naturalBias, size);
  // Rounding must not make a sum that cancels nothing better conditioned than it can be.
  for (let i = 0; i < size; i++) magnitude[i] = Math.max(magnitude[i]!, Math.abs(v[i]!));
  disposeWeights();
  return { neurons, v, magnitude, low };
}

function magnitudes(
  shared: Shared,
  weights: Weights,
  problem: Problem,
  x: Float32Array,
  bias: Float32Array | null,
  size: number,
): Float64Array {
  const positive = { ...problem, alpha: Math.abs(problem.alpha), beta: Math.abs(problem.beta) };
  const operand = new Operand(shared.memory, problem, x, true);
  const absoluteBias = bias && bias.map(Math.abs);
  return sumsOf(shared, weights, positive, operand, absoluteBias, magnitudeAccumulator, size, true);
}

function weightsAreFinite(weights: Weights, problem: Problem): boolean {
  return Array.from({ length: problem.groups }, (_, group) => weights.panels(group)).every(
    (panels) => panels.survey.finite,
  );
}

function sumsOf(
  { memory, crew, sums }: Shared,
  weights: Weights,
  problem: Problem,
  operand: Operand,
  bias: Float32Array | null,
  accumulator: Accumulator,
  size: number,
  absolute = false,
): Float64Array {
  const recipe = sums.recipe(accumulator);
  const out = memory.scratch("out", size * 4);
  const biasAt = bias ? memory.scratch("bias", bias.length * 4) : 0;
  if (bias) memory.f32(biasAt, bias.length).set(bias);
  forEachPiece(memory, crew, problem, 4, (unit, from, count, lanes) => {
    const rows = operand.rows(unit, from, count, lanes);
    const target = targetOf(problem, unit, from, out, biasAt);
    sums.run(recipe, weights.panels(unit.group, absolute), rows, operand.survey, problem, target);
  });
  return new Float64Array(memory.f32(out, size));
}
