// Records the sums of a part of a node's columns: in tiles where they are many enough, else one by one; and those of the
// components in a queue.
import type { Layout } from "./layout.js";
import type { Operands } from "./operands.js";
import { isTiled } from "./packing.js";
import { workgroup } from "./shader.js";
import type { Bound, Extent, Stream } from "./stream.js";
import { invocations, type Tile } from "./tiles.js";
import { productParams, productShader, type ProductParams, type SumWriter } from "./wgsl/products.js";
import type { TileWriter } from "./wgsl/quick.js";
import { extentShader } from "./wgsl/recompute.js";
import { bitsOf } from "./wgsl/round.js";
import { tileShader } from "./wgsl/tile.js";

/** How sums are written: emulated, or by the device's own arithmetic where that is enough. */
export interface Writer {
  readonly label: string;
  readonly sums: SumWriter;
  /** Null where sums are computed one by one. */
  readonly tiles: TileWriter | null;
  /** The sums draw random numbers. What others are told is then the same from run to run. */
  readonly draws: boolean;
}

/** Columns to sum: how many there are, in which tiles, and where their list begins in the tables. */
export interface Listed {
  readonly lanes: number;
  readonly perGroup: readonly number[];
  readonly tile: Tile;
  readonly list: number;
}

/** A queue of components, counted in its first word. */
export function takeQueue(stream: Stream, most: number): Bound {
  const bytes = (most + 1) * 4;
  const queue = { buffer: stream.pool.take(bytes), bytes };
  stream.clear(queue.buffer, 4);
  return queue;
}

/** The sums of all rows and of the columns listed. */
export function dispatchSums(
  stream: Stream,
  layout: Layout,
  operands: Operands,
  writer: Writer,
  { lanes, perGroup, tile, list }: Listed,
): void {
  const { x, weights, bias, out } = operands;
  const lines = layout.problem.rows * layout.samples;
  if (!writer.tiles || !isTiled(tile)) {
    const shader = productShader(writer.label, writer.sums, {
      ...variantOf(layout, operands),
      from: "columns",
    });
    const params = { ...paramsOf(layout), ...ownParams(layout, operands, writer), lanes, list_at: list };
    stream.dispatch(shader, [x, weights, bias, layout.tables, out], ordered(params), lanes * lines);
    return;
  }
  const shader = tileShader(writer.label, writer.tiles, tile, variantOf(layout, operands));
  const across = invocations({ lines: 1, columns: perGroup }, tile);
  const params = ordered({
    ...paramsOf(layout),
    ...ownParams(layout, operands, writer),
    lanes: across,
    list_at: list,
  });
  const count = invocations({ lines, columns: perGroup }, tile);
  if (!("queue" in shader.buffers)) {
    stream.dispatch(shader, [x, weights, bias, layout.tables, out], params, count);
    return;
  }
  const queue = takeQueue(stream, lanes * lines);
  stream.dispatch(shader, [x, weights, bias, layout.tables, queue, out], params, count);
  dispatchQueue(stream, layout, operands, writer, queue);
  stream.pool.give(queue.buffer);
}

/** The sums of the components in a queue, however many those are by then. */
export function dispatchQueue(
  stream: Stream,
  layout: Layout,
  operands: Operands,
  writer: Writer,
  queue: Bound,
): void {
  const { label, sums } = writer;
  const { x, weights, bias, out } = operands;
  const groups: Bound = { buffer: stream.pool.take(12), bytes: 12 };
  const most = stream.device.gpu.limits.maxComputeWorkgroupsPerDimension;
  stream.dispatch(extentShader(workgroup, most), [queue, groups], [], 1);
  const shader = productShader(label, sums, { ...variantOf(layout, operands), from: "queue" });
  const params = ordered({ ...paramsOf(layout), ...ownParams(layout, operands, writer) });
  const extent: Extent = { indirect: groups.buffer };
  stream.dispatch(shader, [x, weights, bias, layout.tables, queue, out], params, extent);
  stream.pool.give(groups.buffer);
}

function ownParams(
  { problem: { alpha, beta } }: Layout,
  { biased, seed, magnitudes }: Operands,
  { draws }: Writer,
): Partial<ProductParams> {
  return {
    biased: biased ? 1 : 0,
    seed: draws ? seed : 0,
    ...(magnitudes && { alpha: bitsOf(Math.abs(alpha)), beta: bitsOf(Math.abs(beta)) }),
  };
}

const variantOf = ({ tables, problem }: Layout, { biased, magnitudes }: Operands) => ({
  taps: tables.taps >= 0,
  alpha: problem.alpha !== 1,
  beta: biased && problem.beta !== 1,
  scaled: tables.scales >= 0,
  magnitudes,
});

/** Without a bias, for all lanes. */
export function paramsOf({ problem, tables, samples, lanes, width }: Layout): ProductParams {
  const steps = "size" in problem.operand ? { rowStep: 0, termStep: 0 } : problem.operand;
  return {
    zero: 0,
    seed: 0,
    alpha: bitsOf(problem.alpha),
    beta: bitsOf(problem.beta),
    biased: 0,
    length: problem.length,
    rows: problem.rows,
    columns: problem.columns,
    groups: problem.groups,
    samples,
    lanes,
    width,
    row_step: steps.rowStep,
    term_step: steps.termStep,
    out_row: problem.outStep[0],
    out_column: problem.outStep[1],
    bias_row: problem.biasStep[0],
    bias_column: problem.biasStep[1],
    units_at: tables.units,
    taps_at: tables.taps,
    places_at: tables.places,
    scales_at: tables.scales,
    unscale_at: tables.unscale,
    list_at: -1,
    slots_at: tables.slots,
    slot_at: tables.slotOf,
  };
}

export function ordered(params: ProductParams): number[] {
  return productParams.map((name) => params[name]);
}
