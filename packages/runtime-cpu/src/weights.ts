// Weights as the kernels read them: packed once per tensor and set of columns, kept as long as the tensor lives.
// Also what is known of them: a survey, and per panel up to which input nothing can overflow (the guard).
import { guardKernel, type Recipe, type Survey } from "./recipe.js";
import type { Memory } from "./memory.js";

/** Columns of one matrix in wasm memory, in panels of eight. */
export interface Panels {
  readonly count: number;
  readonly columns: number;
  readonly length: number;
  /** Column numbers in wasm memory, where not all columns are packed in order; 0 otherwise. */
  readonly map: number;
  /** Binary32 panels; 0 where only binary64 was asked for. */
  readonly f32: number;
  f64(): number;
  readonly survey: Survey;
  guardFor(recipe: Recipe): Guard;
  /** Gives the memory back now, instead of when the panels are collected. */
  dispose(): void;
}

export interface PackRequest {
  /** Where the matrix starts, and its strides, in elements. */
  readonly first: number;
  readonly columnStep: number;
  readonly termStep: number;
  readonly length: number;
  /** null: all of them in order. */
  readonly subset: Int32Array | null;
  readonly columns: number;
  readonly absolute: boolean;
}

export function packPanels(memory: Memory, data: Float32Array, request: PackRequest): Panels {
  const { subset, length, absolute } = request;
  const columns = subset?.length ?? request.columns;
  const count = Math.ceil(columns / 8);
  const numbers = count * 8 * length;
  // The object that is returned owns the memory.
  const owner = {} as Panels;
  const map = subset ? memory.allocateFor(owner, subset.length * 4) : 0;
  if (subset) memory.i32(map, subset.length).set(subset);
  const f32 = memory.allocateFor(owner, numbers * 4);
  const part = matrixPart(data, request);
  const source = memory.scratch("source", part.length * 4);
  memory.f32(source, part.length).set(part);
  memory.wasm.packPanels32!(source, map, columns, request.columnStep * 4, length, request.termStep * 4, f32);
  if (absolute) memory.wasm.absolute32!(f32, numbers, f32);
  let f64 = 0;
  const guards = new Map<string, Guard>();
  const survey = surveyAt(memory, f32, numbers);
  return Object.assign(owner, {
    count,
    columns,
    length,
    map,
    f32,
    f64() {
      if (f64 === 0) {
        f64 = memory.allocateFor(owner, numbers * 8);
        memory.wasm.widen!(f32, numbers, f64);
      }
      return f64;
    },
    survey,
    guardFor(recipe: Recipe) {
      let guard = guards.get(recipe.key);
      if (!guard) guards.set(recipe.key, (guard = new Guard(memory, owner, recipe)));
      return guard;
    },
    dispose: () => memory.disposeOf(owner),
  } satisfies Panels);
}

/** The same for the exact reference: binary64 numbers, and nothing else is asked of them. */
export function packPanels64(memory: Memory, data: Float64Array, request: PackRequest): Panels {
  const { length, columns } = request;
  const count = Math.ceil(columns / 8);
  const owner = {} as Panels;
  const f64 = memory.allocateFor(owner, count * 8 * length * 8);
  const part = matrixPart(data, request);
  const source = memory.scratch("source", part.length * 8);
  memory.f64(source, part.length).set(part);
  memory.wasm.packPanels64!(source, 0, columns, request.columnStep * 8, length, request.termStep * 8, f64);
  return Object.assign(owner, {
    count,
    columns,
    length,
    map: 0,
    f32: 0,
    f64: () => f64,
    survey: { finite: false, largest: Infinity, level: Infinity, unit: 0, bits: 53 },
    guardFor(): Guard {
      throw new Error("internal: the exact reference needs no guard");
    },
    dispose: () => memory.disposeOf(owner),
  } satisfies Panels);
}

/** Columns one after another, as gathering wants them. */
export interface RowMajor {
  readonly at: number;
  dispose(): void;
}

export function packRowMajor(memory: Memory, data: Float32Array, request: PackRequest): RowMajor {
  const { first, columns, columnStep, length, termStep } = request;
  const owner = {};
  const at = memory.allocateFor(owner, columns * length * 4);
  const target = memory.f32(at, columns * length);
  if (termStep === 1 && columnStep === length) {
    target.set(data.subarray(first, first + columns * length));
  } else {
    for (let n = 0; n < columns; n++) {
      for (let k = 0; k < length; k++) target[n * length + k] = data[first + n * columnStep + k * termStep]!;
    }
  }
  return Object.assign(owner, { at, dispose: () => memory.disposeOf(owner) });
}

function matrixPart<T extends Float32Array | Float64Array>(data: T, request: PackRequest): T {
  const { first, columns, columnStep, length, termStep } = request;
  const size = columns * length === 0 ? 0 : (columns - 1) * columnStep + (length - 1) * termStep + 1;
  return data.subarray(first, first + size) as T;
}

/**
 * Up to which size of inputs no sum of a panel overflows. Rounding is monotone and odd, so sum |w| x largest |h|,
 * emulated with the same roundings and in the same order, bounds every partial sum.
 */
export class Guard {
  private readonly safe: Float64Array;
  private readonly unsafe: Float64Array;
  private readonly bounds: Float64Array;

  constructor(
    private readonly memory: Memory,
    private readonly panels: Panels,
    private readonly recipe: Recipe,
  ) {
    this.safe = new Float64Array(panels.count).fill(-1);
    this.unsafe = new Float64Array(panels.count).fill(Infinity);
    this.bounds = new Float64Array(panels.count);
  }

  /** A bound of the panel's partial sums for inputs up to that level of a survey; null if they may overflow. */
  bound(panel: number, level: number): number | null {
    if (!(level <= this.safe[panel]! || level >= this.unsafe[panel]!)) this.measure(level);
    return level <= this.safe[panel]! ? this.bounds[panel]! : null;
  }

  private measure(largest: number): void {
    const { memory, panels, recipe } = this;
    const { length, count } = panels;
    const h = memory.scratch("guard input", 8);
    // Some panels at a time, so that the copy in binary64 stays small.
    const most = Math.max(2, Math.floor(2 ** 20 / Math.max(1, length * 64)));
    const copy = memory.scratch("guard panels", most * length * 64);
    const sums = memory.scratch("guard sums", most * 64);
    memory.f64(h, 1)[0] = largest;
    const block = Math.min(recipe.block, Math.max(length, 1));
    const run = memory.wasm[`vector64_${guardKernel(recipe)}`]!;
    for (let from = 0; from < count; from += most) {
      const n = Math.min(most, count - from);
      memory.wasm.widenAbs!(panels.f32 + from * length * 32, n * length * 8, copy);
      run(copy, n, h, 0, length, block, sums, recipe.constants.guard);
      const results = memory.f64(sums, n * 8);
      for (let i = 0; i < n; i++) {
        const bound = results.subarray(i * 8, i * 8 + 8).reduce((a, b) => (a >= b ? a : b), 0);
        // NaN too counts as unsafe.
        const finite = results.subarray(i * 8, i * 8 + 8).every((x) => x < Infinity);
        if (finite && largest > this.safe[from + i]!) {
          this.safe[from + i] = largest;
          // A coarser outer format may round a block down.
          this.bounds[from + i] = 2 * bound;
        } else if (!finite && largest < this.unsafe[from + i]!) {
          this.unsafe[from + i] = largest;
        }
      }
    }
  }
}

/** Up to three significant bits: few different sizes are ever measured. */
function roundedUp(x: number): number {
  if (x === 0) return 0;
  const unit = 2 ** (Math.floor(Math.log2(x)) - 2);
  return Math.ceil(x / unit) * unit;
}

/** What can be said of n binary32 numbers in wasm memory. */
export function surveyAt(memory: Memory, at: number, n: number): Survey {
  const result = memory.scratch("survey", 48);
  memory.wasm.survey!(at, n, result);
  const words = memory.u32(result, 12);
  const largest = Math.max(...words.subarray(0, 4));
  // Zeros, less one, are the largest of all.
  const smallest = Math.min(...words.subarray(4, 8)) + 1;
  const union = words.subarray(8, 12).reduce((a, b) => a | b, 0);
  const finite = largest < 0x7f800000;
  if (largest === 0) return { finite, largest: 0, level: 0, unit: Infinity, bits: 0 };
  const fraction = union & 0x7fffff;
  const trailing = fraction === 0 ? 23 : 31 - Math.clz32(fraction & -fraction);
  const exponent = Math.max(smallest >>> 23, 1) - 127;
  const value = new Float32Array(new Uint32Array([largest]).buffer)[0]!;
  return {
    finite,
    largest: finite ? value : Infinity,
    level: finite ? roundedUp(value) : Infinity,
    unit: 2 ** (exponent - 23 + trailing),
    bits: 24 - trailing,
  };
}
