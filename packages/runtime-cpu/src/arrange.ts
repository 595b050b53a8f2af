// A problem laid out as a plan arranges it: the same sums over permuted and scaled operands, as the reference defines
// them. Everything behind it sees ordinary operands; only finished sums have to be scaled back.
import type { Arrangement, Tensor } from "@mpplan/ir";
import type { Patches, Problem } from "@mpplan/runtime";
import { inBinary32, type Shared } from "./shared.js";

/** Operands in the places and in the order that `problem` says. */
export interface Laid {
  readonly problem: Problem;
  readonly x: Tensor;
  readonly w: Tensor;
  readonly bias: Tensor | null;
  /** 2^-e of (group, column) at group x columns + column; null where nothing is scaled. */
  readonly unscale: Float64Array | null;
}

/** What a problem's shape makes of an arrangement. */
interface Parts {
  /** Where each step finds its operands; null: in their order. */
  readonly places: Int32Array | null;
  /** 2^e of (group, column), and 2^-e. */
  readonly scales: Float64Array | null;
  readonly unscale: Float64Array | null;
}

/** An arrangement made ready, once for all the runs of a kernel. */
export class Layout {
  /** Equal for equal arrangements: what is kept of one may serve another plan with the same. */
  readonly id: number;
  private known: { shape: string; parts: Parts } | null = null;

  constructor(
    shared: Shared,
    private readonly arrangement: Arrangement | undefined,
  ) {
    this.id = arrangement ? shared.idOf(JSON.stringify([arrangement.terms, arrangement.scales])) : 0;
  }

  /** Null where nothing is arranged. */
  partsFor(problem: Problem): Parts | null {
    if (!this.arrangement) return null;
    const { terms, scales: exponents } = this.arrangement;
    const { groups, columns, length } = problem;
    const shape = `${groups}|${columns}|${length}`;
    if (this.known?.shape !== shape) {
      const scales = exponents ? factors(problem, exponents) : null;
      const places = terms ? termPlaces(terms, length) : null;
      this.known = { shape, parts: { places, scales, unscale: scales && scales.map((x) => 1 / x) } };
    }
    return this.known.parts;
  }
}

/** Lays the operands out. What depends on lasting weights alone is made once per tensor and arrangement. */
export function laidOut(
  shared: Shared,
  problem: Problem,
  inputs: readonly (Tensor | null)[],
  layout: Layout,
): Laid {
  const [x, w, bias] = [inputs[0]!, inputs[1]!, inputs[2] ?? null];
  const parts = layout.partsFor(problem);
  if (!parts) return { problem, x, w, bias, unscale: null };
  const { places, scales, unscale } = parts;
  const { groups, columns, length, units, weights } = problem;
  const rows = places ? rowsInOrder(problem, x, places) : { x, operand: problem.operand, units };
  const added = scales && bias ? scaledBias(problem, bias, scales) : null;

  const first = Array.from({ length: groups }, (_, group) => weights.first(group));
  const key = [layout.id, weights.columnStep, weights.termStep, columns, length, ...first].join("|");
  const make = (): Tensor => ({ ...w, data: laidWeights(problem, inBinary32(w), places, scales) });
  return {
    problem: {
      ...problem,
      operand: rows.operand,
      units: rows.units.map((unit) => ({ ...unit, bias: added ? added.at(unit.group) : unit.bias })),
      biasStep: added ? added.step : problem.biasStep,
      weights: { first: (group) => group * columns * length, columnStep: length, termStep: 1 },
    },
    x: rows.x,
    w: shared.derived(w, key, make),
    bias: added ? { ...bias!, data: added.data } : bias,
    unscale,
  };
}

/** Scales finished sums back, all of an output in place. */
export function scaleBack(values: Float32Array | Float64Array, { problem, unscale }: Laid): void {
  if (!unscale) return;
  const { columns, rows, outStep, units } = problem;
  const [outRow, outColumn] = outStep;
  for (const unit of units) {
    const first = unit.group * columns;
    // Numbers that stand together are scaled together.
    if (outColumn === 1) {
      for (let row = 0; row < rows; row++) {
        const at = unit.out + row * outRow;
        for (let column = 0; column < columns; column++)
          values[at + column] = values[at + column]! * unscale[first + column]!;
      }
      continue;
    }
    for (let column = 0; column < columns; column++) {
      const factor = unscale[first + column]!;
      let at = unit.out + column * outColumn;
      for (let row = 0; row < rows; row++, at += outRow) values[at] = values[at]! * factor;
    }
  }
}

/** Where each step finds its operands: `terms` counts runs of length / terms.length steps. */
function termPlaces(terms: readonly number[], length: number): Int32Array {
  const taps = length / Math.max(1, terms.length);
  return Int32Array.from({ length }, (_, k) => terms[Math.floor(k / taps)]! * taps + (k % taps));
}

function factors({ groups, columns, neuron }: Problem, scales: readonly number[]): Float64Array {
  return Float64Array.from(
    { length: groups * columns },
    (_, i) => 2 ** scales[neuron(Math.floor(i / columns), i % columns)]!,
  );
}

/** Groups of columns, one after another, each a run of terms. */
function laidWeights(
  { groups, columns, length, weights }: Problem,
  data: Float32Array,
  places: Int32Array | null,
  scales: Float64Array | null,
): Float32Array {
  const { columnStep, termStep } = weights;
  const laid = new Float32Array(groups * columns * length);
  for (let group = 0, at = 0; group < groups; group++) {
    const first = weights.first(group);
    for (let column = 0; column < columns; column++) {
      const from = first + column * columnStep;
      const by = scales ? scales[group * columns + column]! : 1;
      for (let k = 0; k < length; k++, at++)
        laid[at] = data[from + (places ? places[k]! : k) * termStep]! * by;
    }
  }
  return laid;
}

/** Rows with their terms in order: gathered for matrices; for a convolution its taps say where to look. */
function rowsInOrder(
  { operand, units, rows, length }: Problem,
  x: Tensor,
  places: Int32Array,
): { x: Tensor; operand: Problem["operand"]; units: Problem["units"] } {
  if ("size" in operand) {
    const taps = places.map((place) => operand.taps[place]!);
    return { x, operand: { ...operand, taps } satisfies Patches, units };
  }
  const data = inBinary32(x);
  // Units may share their rows.
  const starts = [...new Set(units.map((unit) => unit.from))];
  const gathered = new Float32Array(starts.length * rows * length);
  let at = 0;
  for (const start of starts) {
    for (let row = 0; row < rows; row++) {
      const from = start + row * operand.rowStep;
      for (let k = 0; k < length; k++) gathered[at++] = data[from + places[k]! * operand.termStep]!;
    }
  }
  const newStart = new Map(starts.map((start, i) => [start, i * rows * length]));
  return {
    x: { ...x, data: gathered },
    operand: { rowStep: length, termStep: 1 },
    units: units.map((unit) => ({ ...unit, from: newStart.get(unit.from)! })),
  };
}

/** A bias of its own for every group and column, and for every row where it had that. */
function scaledBias(
  { groups, columns, rows, units, biasStep }: Problem,
  bias: Tensor,
  scales: Float64Array,
): { data: Float32Array; at: (group: number) => number; step: readonly [number, number] } {
  const data = inBinary32(bias);
  const [rowStep, columnStep] = biasStep;
  const count = rowStep > 0 ? rows : 1;
  const scaled = new Float32Array(groups * count * columns);
  // All the units of a group have the same bias.
  const starts = new Map(units.map((unit) => [unit.group, unit.bias]));
  let at = 0;
  for (let group = 0; group < groups; group++) {
    for (let row = 0; row < count; row++) {
      const from = (starts.get(group) ?? 0) + row * rowStep;
      for (let column = 0; column < columns; column++)
        scaled[at++] = data[from + column * columnStep]! * scales[group * columns + column]!;
    }
  }
  return {
    data: scaled,
    at: (group) => group * count * columns,
    step: [count > 1 ? columns : 0, 1],
  };
}
