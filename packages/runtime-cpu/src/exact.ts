// The exact reference: sums in binary64, term after term, of operands in binary64.
import type { Memory } from "./memory.js";
import { piece, writeTables } from "./operand.js";
import type { Problem } from "./problem.js";
import type { Panels } from "./weights.js";

/** Computes all the components. `panelsOf` gives a group's weights in binary64. */
export function exactSums(
  memory: Memory,
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
  const matrix = "size" in problem.operand ? null : problem.operand;
  const tables = patches && writeTables(memory, patches, 8);
  const most = piece(problem, 8);

  for (const unit of problem.units) {
    const panels = panelsOf(unit.group);
    if (patches) {
      memory.f64(tables!.image, patches.size).fill(0);
      const source = at + unit.from * 8;
      memory.wasm.padRows64!(source, patches.runs, patches.runLength, tables!.runAt, tables!.image);
    }
    for (let from = 0; from < problem.rows; from += most) {
      const count = Math.min(most, problem.rows - from);
      const stride = panels.count * 64;
      const c = memory.scratch("sums", Math.ceil(count / 4) * 4 * stride);
      const steps = Math.max(1, length);
      if (matrix && count < 3) {
        for (let row = 0; row < count; row++) {
          const h = at + (unit.from + (from + row) * matrix.rowStep) * 8;
          const hStep = matrix.termStep * 8;
          memory.wasm.vector64_binary64!(
            panels.f64(),
            panels.count,
            h,
            hStep,
            length,
            steps,
            c + row * stride,
            0,
          );
        }
      } else {
        const tiles = memory.scratch("tiles 64", Math.ceil(count / 4) * length * 32);
        if (patches) {
          const places = tables!.places + from * 4;
          memory.wasm.packPatches64!(tables!.image, places, count, tables!.taps, length, tiles);
        } else {
          const source = at + (unit.from + from * matrix!.rowStep) * 8;
          memory.wasm.packTiles64!(source, count, matrix!.rowStep * 8, length, matrix!.termStep * 8, tiles);
        }
        const n = Math.ceil(count / 4);
        memory.wasm.matrix64_binary64!(panels.f64(), panels.count, tiles, n, length, steps, c, stride, 0);
      }
      const [outRow, outColumn] = problem.outStep;
      const [biasRow, biasColumn] = problem.biasStep;
      memory.wasm.finishExact!(
        ...[c, stride, count, columns, 0],
        ...[out + (unit.out + from * outRow) * 8, outRow * 8, outColumn * 8],
        ...[biasAt && biasAt + (unit.bias + from * biasRow) * 8, biasRow * 8, biasColumn * 8],
        ...[problem.alpha, problem.beta, 0],
      );
    }
  }
  return memory.f64(out, size).slice();
}
