// A node's sums as a decision says: one dispatch per accumulator that some column starts with; for dynamic choices a
// test that gathers components in a queue, and an indirect dispatch over it. Nothing is read back in between.
import { formatNamed } from "@mpplan/formats";
import { resultFormat } from "@mpplan/ir";
import type { KernelContext, KernelRequest, KernelResult, SumCounts } from "@mpplan/runtime";
import { dispatchQueue, dispatchSums, ordered, paramsOf, takeQueue, type Writer } from "./dispatch-sums.js";
import { layOut, problemFor, type Layout } from "./layout.js";
import { codeBits, testTables } from "./lookup.js";
import { OperandMaker, type Operands } from "./operands.js";
import { lanesPerGroup, packColumns, type TiledPart } from "./packing.js";
import { partsOf, type Part, type TestedPart } from "./parts.js";
import type { Bound, Stream } from "./stream.js";
import { GpuTensor } from "./tensor.js";
import { chooseTile, single, type ChooseTile } from "./tiles.js";
import { roundFunction } from "./wgsl/round.js";
import { testShader } from "./wgsl/recompute.js";

/** What one shape of the inputs needs, made once. */
interface Prepared {
  readonly shape: string;
  readonly layout: Layout;
  readonly parts: readonly (Part & TiledPart & { readonly perGroup: readonly number[] })[];
  readonly tested: readonly (TestedPart & { readonly ranks: Bound; readonly tests: Bound })[];
}

/** How an accumulator's sums are written. */
export type WriterFor = (use: number) => Writer;

export interface PlannedOptions {
  readonly writerFor: WriterFor;
  /** False where sums are in the device's arithmetic, so that a test has to round what it looks at. */
  readonly exact: boolean;
  /** True for a handle that outlives the run. */
  readonly lasts: (handle: GpuTensor) => boolean;
  readonly chooseTile?: ChooseTile;
}

export class PlannedSums {
  private prepared: Prepared | null = null;
  private readonly maker: OperandMaker;

  constructor(
    private readonly stream: Stream,
    private readonly request: KernelRequest,
    private readonly options: PlannedOptions,
  ) {
    this.maker = new OperandMaker(stream, options.lasts);
  }

  run(inputs: readonly (GpuTensor | null)[], { salt }: KernelContext): KernelResult {
    const { stream, maker } = this;
    const { layout, parts, tested, shape } = this.prepare(inputs);
    const { problem } = layout;
    const [x, w] = [inputs[0]!, inputs[1]!];
    const bias = inputs[2] ?? null;
    const output = GpuTensor.made(stream, x.elem, problem.dims);
    const counts = this.request.accumulators.map(() => 0);
    const total = output.size;
    const lines = problem.rows * layout.samples;
    const measured = tested.filter((part) => part.magnitudes);
    const magnitudes = measured.reduce((sum, part) => sum + part.lanes.length * lines, 0);
    const base = { components: counts, recomputed: 0, magnitudes, total };
    if (total === 0) return { outputs: [output], executed: base };

    const padded = maker.pad(layout, x.bound(stream));
    const packed = maker.pack(layout, shape, w);
    const operands: Operands = {
      x: padded ?? x.bound(stream),
      weights: packed.bound,
      bias: bias ? bias.bound(stream) : maker.nothing(),
      biased: bias !== null,
      seed: this.request.seed ^ salt,
      magnitudes: false,
      out: output.bound(stream),
    };
    for (const [i, { use, lanes, tile, perGroup }] of parts.entries()) {
      counts[use]! += lanes.length * lines;
      const listed = { lanes: lanes.length, perGroup, tile, list: layout.tables.lists[i]! };
      dispatchSums(stream, layout, operands, this.options.writerFor(use), listed);
    }
    const later = tested.map((part, i) =>
      this.again(layout, operands, part, layout.tables.lists[parts.length + i]!, salt),
    );
    if (padded) stream.pool.give(padded.buffer);
    if (!packed.kept) stream.pool.give(packed.bound.buffer);
    if (later.length === 0) return { outputs: [output], executed: base };
    return { outputs: [output], executedLater: () => countAgain(base, tested, later) };
  }

  /** The tests of some columns, and the sums that they ask for. Returns how to learn how many those were. */
  private again(
    layout: Layout,
    operands: Operands,
    part: Prepared["tested"][number],
    list: number,
    salt: number,
  ): () => Promise<ArrayBuffer> {
    const { stream, request, options } = this;
    const { low, high, lanes, tests, ranks } = part;
    const { problem, tables, samples } = layout;
    const elements = lanes.length * problem.rows * samples;
    const queue = takeQueue(stream, elements);
    const magnitudes = part.magnitudes ? this.magnitudes(layout, operands, part, list) : null;
    const params = { ...paramsOf(layout), lanes: lanes.length, list_at: list };
    const format = formatNamed(resultFormat(request.accumulators[low]!));
    const { overflow } = request.accumulators[low]!;
    const rounding = options.exact ? "" : roundFunction("round_code", format, overflow);
    stream.dispatch(
      testShader({ bits: codeBits(format), rounding, magnitudes: part.magnitudes }, tables.scales >= 0),
      [operands.out, tables, tests, ranks, ...(magnitudes ? [magnitudes] : []), queue],
      [...ordered(params), layout.lanes, request.firstComponent, salt],
      elements,
    );
    dispatchQueue(stream, layout, operands, options.writerFor(high), queue);
    const read = stream.readLater({ buffer: queue.buffer, bytes: 4 });
    for (const bound of [queue, magnitudes]) if (bound) stream.pool.give(bound.buffer);
    return read;
  }

  /** |W||h| + |b| of some columns in their low accumulator, each where its component is in the output. */
  private magnitudes(layout: Layout, operands: Operands, { low, lanes }: TestedPart, list: number): Bound {
    const { bytes } = operands.out;
    const out: Bound = { buffer: this.stream.pool.take(bytes), bytes };
    const listed = { lanes: lanes.length, perGroup: [], tile: single, list };
    const own = { ...operands, magnitudes: true, out };
    dispatchSums(this.stream, layout, own, this.options.writerFor(low), listed);
    return out;
  }

  private prepare(inputs: readonly (GpuTensor | null)[]): Prepared {
    const { stream, request, options } = this;
    const { node, site, decision } = request;
    const shape = JSON.stringify(inputs.map((t) => t && t.dims));
    if (this.prepared?.shape === shape) return this.prepared;
    if (this.prepared) this.release(this.prepared);
    const problem = problemFor(node, inputs, site);
    const { groups, columns, rows, units } = problem;
    const lines = groups === 0 ? 0 : (rows * units.length) / groups;
    const { parts, tested } = partsOf(request, problem);
    const tiled = parts.map((part) => {
      const perGroup = lanesPerGroup(part.lanes, columns);
      const choose = options.writerFor(part.use).tiles ? (options.chooseTile ?? chooseTile) : () => single;
      return { ...part, perGroup, tile: choose({ lines, columns: perGroup }) };
    });
    const packing = packColumns(groups, columns, tiled);
    const lists = [...packing.lists, ...tested.map(({ lanes }) => lanes)];
    const layout = layOut(stream, problem, decision!.arrangement, packing, lists);
    const onGpu = (words: Uint32Array): Bound => ({ buffer: stream.upload(words), bytes: words.byteLength });
    return (this.prepared = {
      shape,
      layout,
      parts: tiled,
      tested: tested.map((part) => {
        const format = formatNamed(resultFormat(request.accumulators[part.low]!));
        const { ranks, words } = testTables(format, part.neurons);
        return { ...part, ranks: onGpu(ranks), tests: onGpu(words) };
      }),
    });
  }

  private release({ layout, tested }: Prepared): void {
    const { pool } = this.stream;
    pool.give(layout.tables.buffer);
    for (const { ranks, tests } of tested) [ranks, tests].forEach(({ buffer }) => pool.give(buffer));
  }
}

async function countAgain(
  base: SumCounts,
  tested: readonly TestedPart[],
  later: readonly (() => Promise<ArrayBuffer>)[],
): Promise<SumCounts> {
  const components = [...base.components];
  let recomputed = 0;
  for (const [i, read] of later.entries()) {
    const count = new Uint32Array(await read())[0]!;
    components[tested[i]!.high]! += count;
    recomputed += count;
  }
  return { ...base, components, recomputed };
}
