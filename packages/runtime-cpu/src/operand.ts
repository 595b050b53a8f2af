// The rows of one run as the kernels read them: some rows at a time, so that they stay in a cache.
import type { Lane, Memory } from "./memory.js";
import type { Patches, Problem, Unit } from "@mpplan/runtime";
import type { Lanes } from "./threads/split.js";
import { surveyAt } from "./weights.js";
import type { Survey } from "./recipe.js";

/** Some rows of a unit, packed. */
export interface Rows {
  /** Where they are packed, and where what is done with them belongs. */
  readonly lane: Lane;
  readonly count: number;
  /** Rows in tiles of four, or, where there are few, one row whose terms lie `step` numbers apart. */
  readonly kind: "tiles" | "row";
  readonly step: number;
  /** Their address, in binary32; in binary64 they are made when first asked for. */
  readonly f32: number;
  f64(): number;
  /** One row's address and the distance of its terms in bytes, in binary32 or binary64. */
  row(row: number, lanes: 32 | 64): { at: number; step: number };
}

/** What rows in one piece may take of the second-level cache. */
const pieceBytes = 3 * 2 ** 16;

export class Operand {
  readonly survey: Survey;
  private readonly at: number;
  private readonly tables: { places: number; taps: number; runAt: number } | null = null;
  private imageOf: Unit | null = null;
  private imageIn: Lanes | null = null;
  /** Two operands may be in use at a time, one of them without signs. */
  private readonly tag: string;
  /** On the calling thread. */
  private readonly now: Lanes;

  constructor(
    private readonly memory: Memory,
    private readonly problem: Problem,
    data: Float32Array,
    absolute: boolean,
  ) {
    this.tag = absolute ? "absolute " : "";
    this.now = { rows: memory, image: memory };
    this.at = memory.scratch(`${this.tag}operand`, data.length * 4 + 64);
    memory.f32(this.at, data.length).set(data);
    this.survey = surveyAt(memory, this.at, data.length);
    if (absolute) memory.wasm.absolute32!(this.at, Math.ceil(data.length / 4) * 4, this.at);
    if ("size" in problem.operand) this.tables = writeTables(memory, problem.operand);
  }

  /** Packs rows from..from + count of the unit. What was packed in these lanes before is overwritten. */
  rows(unit: Unit, from: number, count: number, lanes: Lanes = this.now): Rows {
    const { problem } = this;
    const { length, operand } = problem;
    const lane = lanes.rows;
    if (!("size" in operand) && count === 1) {
      return this.single(this.at + (unit.from + from * operand.rowStep) * 4, operand.termStep, lane);
    }
    const tiles = Math.ceil(count / 4);
    const at = lane.scratch("tiles", tiles * length * 16);
    if ("size" in operand) {
      const image = this.imageFor(unit, operand, lanes);
      const { places, taps } = this.tables!;
      lane.wasm.packPatches32!(image, places + from * 4, count, taps, length, at);
    } else {
      const source = this.at + (unit.from + from * operand.rowStep) * 4;
      lane.wasm.packTiles32!(source, count, operand.rowStep * 4, length, operand.termStep * 4, at);
    }
    let f64 = 0;
    const wide = (): number => {
      if (f64 === 0) {
        f64 = lane.scratch("tiles 64", tiles * length * 32);
        lane.wasm.widen!(at, tiles * 4 * length, f64);
      }
      return f64;
    };
    return {
      lane,
      count,
      kind: "tiles",
      step: 4,
      f32: at,
      f64: wide,
      row: (row, lanes) => {
        const place = (row >> 2) * length * 4 + (row & 3);
        return lanes === 32 ? { at: at + place * 4, step: 16 } : { at: wide() + place * 8, step: 32 };
      },
    };
  }

  private single(at: number, step: number, lane: Lane): Rows {
    const { problem } = this;
    let f64 = 0;
    const wide = (): number => {
      if (f64 === 0) {
        const span = (problem.length - 1) * step + 1;
        f64 = lane.scratch("tiles 64", span * 8);
        lane.wasm.widen!(at, span, f64);
      }
      return f64;
    };
    return {
      lane,
      count: 1,
      kind: "row",
      step,
      f32: at,
      f64: wide,
      row: (_row, lanes) => (lanes === 32 ? { at, step: step * 4 } : { at: wide(), step: step * 8 }),
    };
  }

  private imageFor(unit: Unit, { size, runs, runLength }: Patches, lanes: Lanes): number {
    const lane = lanes.image;
    const image = lane.scratch(`${this.tag}image`, size * 4 + 64);
    // A task knows its own image only.
    const held = lane === this.memory ? this.now : lanes;
    if (this.imageOf === unit && this.imageIn === held) return image;
    this.imageOf = unit;
    this.imageIn = held;
    lane.wasm.zero!(image, size * 4);
    lane.wasm.padRows32!(this.at + unit.from * 4, runs, runLength, this.tables!.runAt, image);
    return image;
  }
}

/** How many rows to pack at a time. */
export function piece(problem: Problem, bytesPerNumber: 4 | 8): number {
  const rows = Math.floor(pieceBytes / Math.max(1, problem.length * bytesPerNumber));
  return Math.max(4, rows & ~3);
}

/** The offsets of a convolution, in bytes of binary32. */
export function writeTables(
  memory: Memory,
  { places, taps, runAt }: Patches,
): { places: number; taps: number; runAt: number } {
  const write = (name: string, offsets: Int32Array): number => {
    const at = memory.scratch(name, offsets.length * 4 + 16);
    const target = memory.i32(at, offsets.length);
    for (let i = 0; i < offsets.length; i++) target[i] = offsets[i]! * 4;
    return at;
  };
  return { places: write("places", places), taps: write("taps", taps), runAt: write("runs", runAt) };
}
