// The rows of one run as the kernels read them: some rows at a time, so that they stay in a cache.
import type { Memory } from "./memory.js";
import type { Patches, Problem, Unit } from "./problem.js";
import { surveyAt } from "./weights.js";
import type { Survey } from "./recipe.js";

/** Some rows of a unit, packed. */
export interface Rows {
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
  private readonly tables: { places: number; taps: number; runAt: number; image: number } | null = null;
  private imageOf: Unit | null = null;
  /** Two operands may be in use at a time, one of them without signs. */
  private readonly tag: string;

  constructor(
    private readonly memory: Memory,
    private readonly problem: Problem,
    data: Float32Array,
    absolute: boolean,
  ) {
    this.tag = absolute ? "absolute " : "";
    this.at = memory.scratch(`${this.tag}operand`, data.length * 4 + 64);
    memory.f32(this.at, data.length).set(data);
    this.survey = surveyAt(memory, this.at, data.length);
    if (absolute) memory.wasm.absolute32!(this.at, Math.ceil(data.length / 4) * 4, this.at);
    if ("size" in problem.operand) this.tables = writeTables(memory, problem.operand, 4, this.tag);
  }

  /** Packs rows from..from + count of the unit. What was packed before is overwritten. */
  rows(unit: Unit, from: number, count: number): Rows {
    const { memory, problem } = this;
    const { length, operand } = problem;
    if (!("size" in operand) && count === 1) {
      return this.single(this.at + (unit.from + from * operand.rowStep) * 4, operand.termStep);
    }
    const tiles = Math.ceil(count / 4);
    const at = memory.scratch("tiles", tiles * length * 16);
    if ("size" in operand) {
      this.fillImage(unit, operand);
      const { places, taps, image } = this.tables!;
      memory.wasm.packPatches32!(image, places + from * 4, count, taps, length, at);
    } else {
      const source = this.at + (unit.from + from * operand.rowStep) * 4;
      memory.wasm.packTiles32!(source, count, operand.rowStep * 4, length, operand.termStep * 4, at);
    }
    let f64 = 0;
    const wide = (): number => {
      if (f64 === 0) {
        f64 = memory.scratch("tiles 64", tiles * length * 32);
        memory.wasm.widen!(at, tiles * 4 * length, f64);
      }
      return f64;
    };
    return {
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

  private single(at: number, step: number): Rows {
    const { memory, problem } = this;
    let f64 = 0;
    const wide = (): number => {
      if (f64 === 0) {
        const span = (problem.length - 1) * step + 1;
        f64 = memory.scratch("tiles 64", span * 8);
        memory.wasm.widen!(at, span, f64);
      }
      return f64;
    };
    return {
      count: 1,
      kind: "row",
      step,
      f32: at,
      f64: wide,
      row: (_row, lanes) => (lanes === 32 ? { at, step: step * 4 } : { at: wide(), step: step * 8 }),
    };
  }

  private fillImage(unit: Unit, patches: Patches): void {
    if (this.imageOf === unit) return;
    this.imageOf = unit;
    const { memory, tables } = this;
    memory.f32(tables!.image, patches.size).fill(0);
    const source = this.at + unit.from * 4;
    memory.wasm.padRows32!(source, patches.runs, patches.runLength, tables!.runAt, tables!.image);
  }
}

/** How many rows to pack at a time. */
export function piece(problem: Problem, bytesPerNumber: 4 | 8): number {
  const rows = Math.floor(pieceBytes / Math.max(1, problem.length * bytesPerNumber));
  return Math.max(4, rows & ~3);
}

/** The offsets of a convolution, in bytes of binary32, and room for its padded image. */
export function writeTables(
  memory: Memory,
  patches: Patches,
  bytesPerNumber: 4 | 8,
  tag = "",
): { places: number; taps: number; runAt: number; image: number } {
  const { places, taps, runAt, size } = patches;
  const write = (name: string, offsets: Int32Array): number => {
    const at = memory.scratch(name, offsets.length * 4 + 16);
    const target = memory.i32(at, offsets.length);
    for (let i = 0; i < offsets.length; i++) target[i] = offsets[i]! * 4;
    return at;
  };
  return {
    places: write("places", places),
    taps: write("taps", taps),
    runAt: write("runs", runAt),
    image: memory.scratch(`${tag}image`, size * bytesPerNumber + 64),
  };
}
