// The exact reference: sums in binary64, term after term, of operands in binary64.
import type { Memory } from "./memory.js";
import { writeTables } from "./operand.js";
import type { Patches, Problem, Unit } from "@mpplan/runtime";
import type { Crew } from "./threads/crew.js";
import { forEachPanels, forEachPiece, type Lanes } from "./threads/split.js";
import type { Panels } from "./weights.js";

/** Computes all the components. `panelsOf` gives a group's weights in binary64. */
export function exactSums(
  memory: Memory,
  crew: Crew | null,
  problem: Problem,
  panelsOf: (group: number) => Panels,
  operand: Float64Array,
  bias: Float64Array | null,
  size: number,
): Float64Array {
  const { length, columns } = problem;
  if (size === 0) return new Float64Array(0);
  const at = memory.scratch("operand", operand.length * 8 + 64);
  memory.f64(at, operand.length).set(operand);
  const biasAt = bias ? memory.scratch("bias", bias.length * 8) : 0;
  if (bias) memory.f64(biasAt, bias.length).set(bias);
  const out = memory.scratch("out", size * 8);
  const patches = "size" in problem.operand ? problem.operand : null;
  const tables = patches && writeTables(memory, patches);
  const steps = Math.max(1, length);
  let imageOf: Unit | null = null;
  let imageIn: Lanes | null = null;

  const imageFor = (unit: Unit, { size, runs, runLength }: Patches, lanes: Lanes): number => {
    const image = lanes.image.scratch("image", size * 8 + 64);
    if (imageOf === unit && (lanes.image === memory || imageIn === lanes)) return image;
    [imageOf, imageIn] = [unit, lanes];
    lanes.image.wasm.zero!(image, size * 8);
    lanes.image.wasm.padRows64!(at + unit.from * 8, runs, runLength, tables!.runAt, image);
    return image;
  };
  const packed = (unit: Unit, from: number, count: number, lanes: Lanes): number => {
    const { wasm } = lanes.rows;
    const tiles = lanes.rows.scratch("tiles 64", Math.ceil(count / 4) * length * 32);
    if ("size" in problem.operand) {
      const image = imageFor(unit, problem.operand, lanes);
      wasm.packPatches64!(image, tables!.places + from * 4, count, tables!.taps, length, tiles);
    } else {
      const { rowStep, termStep } = problem.operand;
      const source = at + (unit.from + from * rowStep) * 8;
      wasm.packTiles64!(source, count, rowStep * 8, length, termStep * 8, tiles);
    }
    return tiles;
  };

  forEachPiece(memory, crew, problem, 8, (unit, from, count, lanes) => {
    const panels = panelsOf(unit.group);
    const few = !("size" in problem.operand) && count < 3 ? problem.operand : null;
    const tiles = few ? 0 : packed(unit, from, count, lanes);
    const [outRow, outColumn] = problem.outStep;
    const [biasRow, biasColumn] = problem.biasStep;
    forEachPanels(memory, crew, { lane: lanes.rows, count }, panels, (lane, first, end) => {
      const stride = (end - first) * 64;
      const c = lane.scratch("sums", Math.ceil(count / 4) * 4 * stride);
      const w = panels.f64() + first * length * 64;
      if (few) {
        for (let row = 0; row < count; row++) {
          const h = at + (unit.from + (from + row) * few.rowStep) * 8;
          const sums = c + row * stride;
          lane.wasm.vector64_binary64!(w, end - first, h, few.termStep * 8, length, steps, sums, 0);
        }
      } else {
        const n = Math.ceil(count / 4);
        lane.wasm.matrix64_binary64!(w, end - first, tiles, n, length, steps, c, stride, 0);
      }
      lane.wasm.finishExact!(
        ...[c, stride, count, Math.min(columns, end * 8) - first * 8, 0],
        ...[out + (unit.out + from * outRow + first * 8 * outColumn) * 8, outRow * 8, outColumn * 8],
        biasAt && biasAt + (unit.bias + from * biasRow + first * 8 * biasColumn) * 8,
        ...[biasRow * 8, biasColumn * 8, problem.alpha, problem.beta, 0],
      );
    });
  });
  return memory.f64(out, size).slice();
}
