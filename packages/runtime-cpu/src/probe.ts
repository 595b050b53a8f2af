// Measures a site for calibration as the reference does, number for number: exact sums, magnitudes, and every step of
// the low accumulators, in wasm. What its kernels are not made for is left to the reference.
import { formatNamed, maxFinite, minNormal } from "@mpplan/formats";
import {
  isFloat,
  resultFormat,
  sizeOf,
  type Accumulator,
  type Node,
  type SumSite,
  type Tensor,
} from "@mpplan/ir";
import type { LowMeasurement, Probe, SiteMeasurement } from "@mpplan/runtime";
import { exactSums } from "./exact.js";
import type { Lane } from "./memory.js";
import { Operand, piece } from "./operand.js";
import { targetOf } from "./planned.js";
import { problemOf, type Problem } from "./problem.js";
import { problemWith } from "./recipe.js";
import { inBinary32, inBinary64, type Shared, type Weights } from "./shared.js";
import { forEachPiece, worthSplitting } from "./threads/split.js";

export function createProbe(
  node: Node,
  site: SumSite,
  accumulators: readonly Accumulator[],
  shared: Shared,
  reference: Probe,
): Probe {
  const wide = (t: Tensor | null): Tensor | null =>
    t && isFloat(t.elem) ? { ...t, data: inBinary64(t) } : t;
  const known = accumulators.every((a) => !problemWith(a) && a.format !== "binary64");
  return {
    kind: "probe",
    run(handles) {
      const inputs = handles as (Tensor | null)[];
      const measured = known ? measure(node, site, inputs, accumulators, shared) : null;
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
  shared: Shared,
): SiteMeasurement | null {
  const [x, w, bias] = [inputs[0]!, inputs[1]!, inputs[2] ?? null];
  const problem = problemOf(node, inputs, site);
  const size = sizeOf(problem.dims);
  const weights = shared.weights(w, problem);
  const exactBias = bias && inBinary64(bias);
  // What a low sum would be given: the exact inputs as they are stored between nodes.
  const narrowBias = bias && inBinary32(bias);
  const biasIsFinite = !narrowBias || narrowBias.every(Number.isFinite);
  const narrow = new Operand(shared.memory, problem, inBinary32(x), false);
  if (size === 0 || !biasIsFinite || !narrow.survey.finite || !weightsAreFinite(weights, problem)) {
    weights.dispose();
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
    const value = lowValues(shared, weights, problem, narrow, narrowBias, a, size);
    return {
      value,
      ...traced(shared, weights, problem, narrow, narrowBias, a, size),
    } satisfies LowMeasurement;
  });
  const h = inBinary64(x);
  const v = exactSums(memory, crew, problem, (group) => weights.panels64(group), h, exactBias, size);
  const positive = { ...problem, alpha: Math.abs(problem.alpha), beta: Math.abs(problem.beta) };
  const magnitude = exactSums(
    ...([memory, crew, positive] as const),
    ...([(group: number) => weights.panels64(group, true), h.map(Math.abs)] as const),
    ...([exactBias && exactBias.map(Math.abs), size] as const),
  );
  weights.dispose();
  return { neurons, v, magnitude, low };
}

function weightsAreFinite(weights: Weights, problem: Problem): boolean {
  return Array.from({ length: problem.groups }, (_, group) => weights.panels(group)).every(
    (panels) => panels.survey.finite,
  );
}

function lowValues(
  { memory, crew, sums }: Shared,
  weights: Weights,
  problem: Problem,
  operand: Operand,
  bias: Float32Array | null,
  accumulator: Accumulator,
  size: number,
): Float64Array {
  const recipe = sums.recipe(accumulator);
  const out = memory.scratch("out", size * 4);
  const biasAt = bias ? memory.scratch("bias", bias.length * 4) : 0;
  if (bias) memory.f32(biasAt, bias.length).set(bias);
  forEachPiece(memory, crew, problem, 4, (unit, from, count, lanes) => {
    const rows = operand.rows(unit, from, count, lanes);
    const target = targetOf(problem, unit, from, out, biasAt);
    sums.run(recipe, weights.panels(unit.group), rows, operand.survey, problem, target);
  });
  return Float64Array.from(memory.f32(out, size));
}

/** The partial sums of every component, without their rounding: see assembly/trace.ts. */
function traced(
  { memory, crew }: Shared,
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
  for (const unit of problem.units) {
    const panels = weights.panels(unit.group);
    const padded = panels.count * 8;
    // Four numbers per component: 4 MiB at a time.
    const most = Math.min(piece(problem, 4), Math.max(4, Math.floor(2 ** 17 / Math.max(1, padded)) & ~3));
    const biasAt = bias ? memory.scratch("trace bias", padded * 8) : 0;
    for (let from = 0; from < problem.rows; from += most) {
      const rows = operand.rows(unit, from, Math.min(most, problem.rows - from));
      const result = memory.scratch("trace", rows.count * padded * 32);
      const writeBias = (row: number): void => {
        const at = unit.bias + (from + row) * biasRow;
        const target = memory.f64(biasAt, padded).fill(0);
        for (let j = 0; j < columns; j++) target[j] = bias![at + j * biasColumn]!;
      };
      const trace = (row: number, lane: Lane): void => {
        const h = rows.row(row, 64);
        lane.wasm.trace64!(
          ...[panels.f64(), panels.count, h.at, h.step, length, Math.max(1, Math.min(block, length))],
          ...[biasAt, alpha, beta, constants, result + row * padded * 32],
        );
      };
      if (bias && from === 0) writeBias(0);
      const macs = length * padded;
      // A bias of its own for every row is written before each.
      if (worthSplitting(crew, rows.count * macs) && !(bias && biasRow > 0)) {
        crew.run(() => {
          const some = Math.ceil(rows.count / (4 * crew.threads));
          for (let first = 0; first < rows.count; first += some) {
            const end = Math.min(rows.count, first + some);
            crew.task((end - first) * macs, () => {
              for (let row = first; row < end; row++) trace(row, crew);
            });
          }
        });
      } else {
        for (let row = 0; row < rows.count; row++) {
          if (bias && biasRow > 0) writeBias(row);
          trace(row, memory);
        }
      }
      for (let row = 0; row < rows.count; row++) {
        const found = memory.f64(result + row * padded * 32, padded * 4);
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
