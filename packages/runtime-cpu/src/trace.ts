// Follows the partial sums of every component in one low accumulator, without its rounding: see assembly/trace.ts.
import { formatNamed, maxFinite, minNormal } from "@mpplan/formats";
import { resultFormat, type Accumulator } from "@mpplan/ir";
import type { LowMeasurement, Problem, Unit } from "@mpplan/runtime";
import type { Memory } from "./memory.js";
import type { Operand, Rows } from "./operand.js";
import type { Shared, Weights } from "./shared.js";
import { forEachPanels, forEachPiece, type Lanes } from "./threads/split.js";
import type { Panels } from "./weights.js";

type Steps = Omit<LowMeasurement, "value">;

/** Numbers per row and panel that the kernel gives: five lists of eight. */
const rowNumbers = 40;

/** Bytes of them at a time: of one thread in a cache; of many so that they seldom wait for each other. */
const [cachedBytes, sharedBytes] = [2 ** 19, 2 ** 25];

/** Rows of a unit that were traced, and where their results are. */
interface Part {
  readonly unit: Unit;
  readonly from: number;
  readonly count: number;
  readonly at: number;
}

export function traced(
  { memory, crew }: Shared,
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
  const biases = bias && scaledBiases(memory, problem, bias);
  const rowBytes = Math.ceil(columns / 8) * rowNumbers * 4;
  const room = Math.max(4, Math.floor((crew ? sharedBytes : cachedBytes) / rowBytes) & ~3);
  const result = memory.scratch("trace", Math.min(room, problem.units.length * problem.rows) * rowBytes);
  let parts: Part[] = [];
  let at = result;

  const trace = (unit: Unit, from: number, count: number, lanes: Lanes): void => {
    const panels = weights.panels(unit.group);
    const zeros = zerosOf(memory, panels);
    const rows = operand.rows(unit, from, count, lanes);
    const lists = listed(rows, length, block, blocks);
    // Below that, a product of two numbers may be zero.
    const mayVanish = !(panels.survey.unit * operand.survey.unit >= 2 ** -149);
    const part = { unit, from, count, at };
    parts.push(part);
    at += count * rowBytes;
    forEachPanels(memory, crew, rows, panels, (lane, first, end) => {
      const totals = lane.scratch("trace totals", 32);
      for (let panel = first; panel < end; panel++) {
        const kernel = mayVanish || zeros[panel] ? "trace32Masked" : "trace32";
        lane.wasm[kernel]!(
          ...[panels.f32 + panel * length * 32, lists.at, length * 8, lists.ends, count, blocks],
          ...[biases ? biases.of(unit, from) + panel * 32 : 0, biases?.step ?? 0, problem.alpha],
          ...[constants, totals, resultOf(part, panel)],
        );
      }
    });
  };
  const take = (): void => {
    for (const part of parts) {
      for (let column = 0; column < columns; column += 8) {
        const found = memory.f32(resultOf(part, column / 8), part.count * rowNumbers);
        spread(found, problem, part, column, Math.min(8, columns - column), inner!, outer!, steps);
      }
    }
    parts = [];
    at = result;
  };
  forEachPiece(memory, crew, problem, 4, trace, { rows: room, take });
  return steps;
}

const resultOf = ({ at, count }: Part, panel: number): number => at + panel * count * rowNumbers * 4;

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
function listed(rows: Rows, length: number, block: number, blocks: number): { at: number; ends: number } {
  const { lane, count } = rows;
  const at = lane.scratch("trace lists", count * length * 8 + 8);
  const ends = lane.scratch("trace ends", count * blocks * 4);
  for (let row = 0; row < count; row++) {
    const h = rows.row(row, 32);
    lane.wasm.listTerms!(h.at, h.step, length, block, at + row * length * 8, ends + row * blocks * 4);
  }
  return { at, ends };
}

/** The terms beta x bias in binary32, a row of panels for every row or one for all; the step is in bytes. */
function scaledBiases(
  memory: Memory,
  { units, rows, columns, biasStep, beta }: Problem,
  bias: Float32Array,
): { of: (unit: Unit, row: number) => number; step: number } {
  const [rowStep, columnStep] = biasStep;
  const count = rowStep > 0 ? rows : 1;
  const padded = Math.ceil(columns / 8) * 8;
  const starts = [...new Set(units.map((unit) => unit.bias))];
  const at = memory.scratch("trace bias", starts.length * count * padded * 4);
  const target = memory.f32(at, starts.length * count * padded).fill(0);
  const factor = Math.fround(beta);
  let to = 0;
  for (const start of starts) {
    for (let row = 0; row < count; row++, to += padded) {
      const first = start + row * rowStep;
      for (let j = 0; j < columns; j++) target[to + j] = Math.fround(factor * bias[first + j * columnStep]!);
    }
  }
  const places = new Map(starts.map((start, i) => [start, at + i * count * padded * 4]));
  const step = rowStep > 0 ? padded * 4 : 0;
  return { of: (unit, row) => places.get(unit.bias)! + row * step, step };
}

interface Grid {
  readonly max: number;
  readonly unit: number;
}

/** From the results of one panel to the components. */
function spread(
  found: Float32Array,
  problem: Problem,
  { unit, from, count }: Part,
  column: number,
  lanes: number,
  inner: Grid,
  outer: Grid,
  { peak, clipped, partialSquared, ulpSquared }: Steps,
): void {
  const [outRow, outColumn] = problem.outStep;
  for (let row = 0; row < count; row++) {
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
