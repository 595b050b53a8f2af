// Follows the partial sums of every component in one low accumulator, without its rounding: see assembly/trace.ts.
import { formatNamed, maxFinite, minNormal } from "@mpplan/formats";
import { resultFormat, type Accumulator } from "@mpplan/ir";
import type { LowMeasurement } from "@mpplan/runtime";
import type { Memory } from "./memory.js";
import { piece, type Operand, type Rows } from "./operand.js";
import type { Problem, Unit } from "./problem.js";
import type { Weights } from "./shared.js";
import type { Panels } from "./weights.js";

type Steps = Omit<LowMeasurement, "value">;

/** Numbers per row and panel that the kernel gives: five lists of eight. */
const rowNumbers = 40;

export function traced(
  memory: Memory,
  weights: Weights,
  problem: Problem,
  operand: Operand,
  bias: Float32Array | null,
  accumulator: Accumulator,
  size: number,
): Steps {
  const { length, columns } = problem;
  const steps: Steps = {
    peak: new Float64Array(size),
    clipped: new Uint8Array(size),
    partialSquared: new Float64Array(size),
    ulpSquared: new Float64Array(size),
  };
  const { order } = accumulator;
  const inOrder = order.kind === "blocked" ? order.block : order.kind === "chunked" ? order.chunk : length;
  const block = Math.max(1, Math.min(inOrder, length));
  const blocks = Math.max(1, Math.ceil(length / block));
  const formats = [accumulator.format, resultFormat(accumulator)].map(formatNamed);
  const [inner, outer] = formats.map((f) => ({ max: maxFinite(f), unit: 4 ** (1 - f.precision) }));
  const constants = memory.scratch("trace constants", 32);
  for (const [i, f] of formats.entries()) {
    memory.f32(constants + 16 * i, 4).fill(Math.max(minNormal(f), 2 ** -126));
  }
  const totals = memory.scratch("trace totals", 32);
  const most = piece(problem, 4);
  const result = memory.scratch("trace", Math.min(most, problem.rows) * rowNumbers * 4);

  for (const unit of problem.units) {
    const panels = weights.panels(unit.group);
    const zeros = zerosOf(memory, panels);
    for (let from = 0; from < problem.rows; from += most) {
      const rows = operand.rows(unit, from, Math.min(most, problem.rows - from));
      const lists = listed(memory, rows, length, block, blocks);
      const biases = bias && scaledBias(memory, problem, unit, bias, from, rows.count, panels.count * 8);
      // Below that, a product of two numbers may be zero.
      const mayVanish = !(panels.survey.unit * operand.survey.unit >= 2 ** -149);
      for (let panel = 0; panel < panels.count; panel++) {
        const kernel = mayVanish || zeros[panel] ? "trace32Masked" : "trace32";
        memory.wasm[kernel]!(
          ...[panels.f32 + panel * length * 32, lists.at, length * 8, lists.ends, rows.count, blocks],
          ...[biases ? biases.at + panel * 32 : 0, biases?.step ?? 0, problem.alpha],
          ...[constants, totals, result],
        );
        const found = memory.f32(result, rows.count * rowNumbers);
        const lanes = Math.min(8, columns - panel * 8);
        spread(found, problem, unit, from, rows.count, panel * 8, lanes, inner!, outer!, steps);
      }
    }
  }
  return steps;
}

/** Per panel: whether one of its weights is zero. */
const knownZeros = new WeakMap<Panels, Uint8Array>();

function zerosOf(memory: Memory, panels: Panels): Uint8Array {
  let zeros = knownZeros.get(panels);
  if (zeros) return zeros;
  knownZeros.set(panels, (zeros = new Uint8Array(panels.count)));
  const zeroLanes = memory.wasm.zeroLanes as unknown as (at: number, length: number) => number;
  for (let panel = 0; panel < panels.count; panel++) {
    const lanes = Math.min(8, panels.columns - panel * 8);
    const bits = zeroLanes(panels.f32 + panel * panels.length * 32, panels.length);
    zeros[panel] = bits & ((1 << lanes) - 1) ? 1 : 0;
  }
  return zeros;
}

/** The terms of the rows that are not zero. */
function listed(
  memory: Memory,
  rows: Rows,
  length: number,
  block: number,
  blocks: number,
): { at: number; ends: number } {
  const at = memory.scratch("trace lists", rows.count * length * 8 + 8);
  const ends = memory.scratch("trace ends", rows.count * blocks * 4);
  // Without terms a row has one block, and nothing in it.
  if (length === 0) memory.u32(ends, rows.count).fill(at);
  for (let row = 0; row < rows.count; row++) {
    const h = rows.row(row, 32);
    memory.wasm.listTerms!(h.at, h.step, length, block, at + row * length * 8, ends + row * blocks * 4);
  }
  return { at, ends };
}

/** The terms beta x bias in binary32, a row of panels for every row or one for all; the step is in bytes. */
function scaledBias(
  memory: Memory,
  problem: Problem,
  unit: Unit,
  bias: Float32Array,
  from: number,
  count: number,
  padded: number,
): { at: number; step: number } {
  const [rowStep, columnStep] = problem.biasStep;
  const rows = rowStep > 0 ? count : 1;
  const beta = Math.fround(problem.beta);
  const at = memory.scratch("trace bias", rows * padded * 4);
  const target = memory.f32(at, rows * padded).fill(0);
  for (let row = 0; row < rows; row++) {
    const first = unit.bias + (from + row) * rowStep;
    for (let j = 0; j < problem.columns; j++) {
      target[row * padded + j] = Math.fround(beta * bias[first + j * columnStep]!);
    }
  }
  return { at, step: rowStep > 0 ? padded * 4 : 0 };
}

interface Grid {
  readonly max: number;
  readonly unit: number;
}

/** From the results of one panel to the components. */
function spread(
  found: Float32Array,
  problem: Problem,
  unit: Unit,
  from: number,
  rows: number,
  column: number,
  lanes: number,
  inner: Grid,
  outer: Grid,
  { peak, clipped, partialSquared, ulpSquared }: Steps,
): void {
  const [outRow, outColumn] = problem.outStep;
  for (let row = 0; row < rows; row++) {
    let at = unit.out + (from + row) * outRow + column * outColumn;
    let i = row * rowNumbers;
    for (const end = i + lanes; i < end; i++, at += outColumn) {
      const innerPeak = found[i]!;
      const outerPeak = found[i + 8]!;
      peak[at] = innerPeak > outerPeak ? innerPeak : outerPeak;
      clipped[at] = innerPeak > inner.max || outerPeak > outer.max ? 1 : 0;
      partialSquared[at] = found[i + 16]!;
      ulpSquared[at] = found[i + 24]! * inner.unit + found[i + 32]! * outer.unit;
    }
  }
}
