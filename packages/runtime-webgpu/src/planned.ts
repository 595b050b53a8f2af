// A node's sums as a decision says: one dispatch per accumulator that some column starts with; for dynamic choices a
// test that gathers components in a queue, and an indirect dispatch over it. Nothing is read back in between.
import { formatNamed } from "@mpplan/formats";
import { resultFormat, type Choice, type Decision } from "@mpplan/ir";
import type { KernelContext, KernelRequest, KernelResult, Problem, SumCounts } from "@mpplan/runtime";
import { layOut, problemFor, type Layout } from "./layout.js";
import { codeBits, testTables, type Tested } from "./lookup.js";
import { workgroup } from "./shader.js";
import type { Bound, Stream } from "./stream.js";
import { GpuTensor } from "./tensor.js";
import type { SumWriter } from "./wgsl/products.js";
import { packShader, padShader, productParams, productShader, type ProductParams } from "./wgsl/products.js";
import { bitsOf, roundFunction } from "./wgsl/round.js";
import { extentShader, testShader } from "./wgsl/recompute.js";

type Range = Decision["ranges"][number];
type Dynamic = Extract<Choice, { mode: "dynamic" }>;

/** Columns that share what is done with them. */
interface Part {
  readonly use: number;
  readonly lanes: readonly number[];
}

/** Columns whose tests look at one low format, or at magnitudes too, and ask for one high accumulator. */
interface TestedPart {
  readonly low: number;
  readonly high: number;
  readonly magnitudes: boolean;
  readonly lanes: readonly number[];
  readonly neurons: readonly Tested[];
}

/** What one shape of the inputs needs, made once. */
interface Prepared {
  readonly shape: string;
  readonly layout: Layout;
  readonly parts: readonly Part[];
  readonly tested: readonly (TestedPart & { readonly ranks: Bound; readonly tests: Bound })[];
}

/** Weights in the layout's order, for as long as their handle lives. */
type PackedWeights = WeakMap<GpuTensor, { shape: string; packed: Bound }>;

/** How a part is summed: emulated, or by the device's own arithmetic where that is enough. */
export type WriterFor = (use: number) => { readonly label: string; readonly sums: SumWriter };

export class PlannedSums {
  private prepared: Prepared | null = null;
  private zero: Bound | null = null;
  private readonly packedFor: PackedWeights = new WeakMap();

  constructor(
    private readonly stream: Stream,
    private readonly request: KernelRequest,
    private readonly writerFor: WriterFor,
    /** False where sums are in the device's arithmetic, so that a test has to round what it looks at. */
    private readonly exact: boolean,
    /** True for a handle that outlives the run. */
    private readonly lasts: (handle: GpuTensor) => boolean,
  ) {}

  run(inputs: readonly (GpuTensor | null)[], { salt }: KernelContext): KernelResult {
    const { stream } = this;
    const prepared = this.prepare(inputs);
    const { layout, parts, tested } = prepared;
    const { problem } = layout;
    const [x, w] = [inputs[0]!, inputs[1]!];
    const bias = inputs[2] ?? null;
    const output = GpuTensor.made(stream, x.elem, problem.dims);
    const counts = this.request.accumulators.map(() => 0);
    const total = output.size;
    const rows = problem.rows * layout.samples;
    const magnitudes = tested.reduce(
      (sum, part) => sum + (part.magnitudes ? part.lanes.length * rows : 0),
      0,
    );
    const base = { components: counts, recomputed: 0, magnitudes, total };
    if (total === 0) return { outputs: [output], executed: base };

    const padded = this.pad(layout, x.bound(stream));
    const packed = this.pack(prepared, w);
    const operands: Operands = {
      x: padded ?? x.bound(stream),
      weights: packed.bound,
      bias: bias ? bias.bound(stream) : this.nothing(),
      biased: bias !== null,
      seed: this.request.seed ^ salt,
      magnitudes: false,
      out: output.bound(stream),
    };
    for (const [i, { use, lanes }] of parts.entries()) {
      counts[use]! += lanes.length * rows;
      this.sums(
        layout,
        operands,
        use,
        parts.length === 1 ? "all" : { list: i, lanes: lanes.length },
        lanes.length * rows,
      );
    }
    const later = tested.map((part, i) => this.again(layout, operands, part, parts.length + i, salt));
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
    const { stream, request } = this;
    const { problem, tables, samples } = layout;
    const elements = part.lanes.length * problem.rows * samples;
    const queue: Bound = { buffer: stream.pool.take((elements + 1) * 4), bytes: (elements + 1) * 4 };
    const extent: Bound = { buffer: stream.pool.take(12), bytes: 12 };
    stream.clear(queue.buffer, 4);
    const magnitudes = part.magnitudes ? this.magnitudes(layout, operands, part, list) : null;
    const params = { ...this.params(layout), lanes: part.lanes.length, list_at: tables.lists[list]! };
    const format = formatNamed(resultFormat(request.accumulators[part.low]!));
    const { overflow } = request.accumulators[part.low]!;
    const rounding = this.exact ? "" : roundFunction("round_code", format, overflow);
    stream.dispatch(
      testShader({ bits: codeBits(format), rounding, magnitudes: part.magnitudes }, tables.scales >= 0),
      [operands.out, tables, part.tests, part.ranks, ...(magnitudes ? [magnitudes] : []), queue],
      [...ordered(params), layout.lanes, request.firstComponent, salt],
      elements,
    );
    const most = stream.device.gpu.limits.maxComputeWorkgroupsPerDimension;
    stream.dispatch(extentShader(workgroup, most), [queue, extent], [], 1);
    this.sums(layout, operands, part.high, { queue }, { indirect: extent.buffer });
    const read = stream.readLater({ buffer: queue.buffer, bytes: 4 });
    for (const bound of [queue, extent, magnitudes]) if (bound) stream.pool.give(bound.buffer);
    return read;
  }

  /** |W||h| + |b| of some columns in their low accumulator, each where its component is in the output. */
  private magnitudes(layout: Layout, operands: Operands, { low, lanes }: TestedPart, list: number): Bound {
    const { bytes } = operands.out;
    const out: Bound = { buffer: this.stream.pool.take(bytes), bytes };
    const { problem, samples } = layout;
    const columns = { list, lanes: lanes.length };
    const elements = lanes.length * problem.rows * samples;
    this.sums(layout, { ...operands, magnitudes: true, out }, low, columns, elements);
    return out;
  }

  private sums(
    layout: Layout,
    { x, weights, bias, biased, seed, magnitudes, out }: Operands,
    use: number,
    from: "all" | { readonly list: number; readonly lanes: number } | { readonly queue: Bound },
    extent: number | { readonly indirect: GPUBuffer },
  ): void {
    const { tables, problem } = layout;
    const { label, sums } = this.writerFor(use);
    const listed = typeof from === "object" && "list" in from;
    const queued = typeof from === "object" && "queue" in from;
    const shader = productShader(label, sums, {
      taps: tables.taps >= 0,
      alpha: problem.alpha !== 1,
      beta: biased && problem.beta !== 1,
      scaled: tables.scales >= 0,
      magnitudes,
      from: queued ? "queue" : "columns",
    });
    const params = {
      ...this.params(layout),
      biased: biased ? 1 : 0,
      // Only stochastic sums draw, and what others are told is then the same from run to run.
      seed: this.request.accumulators[use]!.rounding === "stochastic" ? seed : 0,
      ...(magnitudes && { alpha: bitsOf(Math.abs(problem.alpha)), beta: bitsOf(Math.abs(problem.beta)) }),
      ...(listed && { lanes: from.lanes, list_at: tables.lists[from.list]! }),
    };
    const bound = [x, weights, bias, tables, ...(queued ? [from.queue] : []), out];
    this.stream.dispatch(shader, bound, ordered(params), extent);
  }

  private params(layout: Layout): ProductParams {
    const { problem, tables, samples, lanes } = layout;
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
      samples,
      lanes,
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
    };
  }

  /** A zero for sums without a bias. */
  private nothing(): Bound {
    this.zero ??= { buffer: this.stream.upload(new Uint32Array(1)), bytes: 4 };
    return this.zero;
  }

  private pad({ padding, problem, tables }: Layout, x: Bound): Bound | null {
    if (!padding) return null;
    const { size, runs, runLength } = padding;
    const units = problem.units.length;
    const bytes = units * size * 4;
    const padded = { buffer: this.stream.pool.take(bytes), bytes };
    this.stream.clear(padded.buffer, bytes);
    const params = [size, runs, runLength, tables.runs, tables.froms];
    this.stream.dispatch(padShader, [x, tables, padded], params, units * runs * runLength);
    return padded;
  }

  private pack({ layout, shape }: Prepared, w: GpuTensor): { bound: Bound; kept: boolean } {
    const known = this.packedFor.get(w);
    if (known?.shape === shape) return { bound: known.packed, kept: true };
    const { tables, problem } = layout;
    const { groups, length, columns, weights } = problem;
    const elements = groups * length * columns;
    const bound = { buffer: this.stream.pool.take(elements * 4), bytes: elements * 4 };
    const shader = packShader(tables.order >= 0, tables.scales >= 0);
    const params = [
      0,
      length,
      columns,
      weights.columnStep,
      weights.termStep,
      tables.first,
      tables.order,
      tables.scales,
    ];
    this.stream.dispatch(shader, [w.bound(this.stream), tables, bound], params, elements);
    const kept = this.lasts(w);
    if (kept) {
      w.attach(bound.buffer);
      this.packedFor.set(w, { shape, packed: bound });
    }
    return { bound, kept };
  }

  private prepare(inputs: readonly (GpuTensor | null)[]): Prepared {
    const { stream, request } = this;
    const { node, site, decision } = request;
    const shape = JSON.stringify(inputs.map((t) => t && t.dims));
    if (this.prepared?.shape === shape) return this.prepared;
    if (this.prepared) this.release(this.prepared);
    const problem = problemFor(node, inputs, site);
    const { parts, tested } = partsOf(request, problem);
    const lists = [...parts, ...tested].map(({ lanes }) => lanes);
    const layout = layOut(stream, problem, decision!.arrangement, lists);
    const onGpu = (words: Uint32Array): Bound => ({ buffer: stream.upload(words), bytes: words.byteLength });
    return (this.prepared = {
      shape,
      layout,
      parts,
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

interface Operands {
  readonly x: Bound;
  readonly weights: Bound;
  /** One zero where there is none. */
  readonly bias: Bound;
  readonly biased: boolean;
  /** Of the random sequences of stochastic sums. */
  readonly seed: number;
  /** Of |W||h| + |b|: the absolute values of all operands. */
  readonly magnitudes: boolean;
  readonly out: Bound;
}

function ordered(params: ProductParams): number[] {
  return productParams.map((name) => params[name]);
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

function partsOf(
  { decision, site }: KernelRequest,
  problem: Problem,
): { parts: Part[]; tested: TestedPart[] } {
  const ranges = new Array<Range>(site?.neurons ?? 0);
  for (const range of decision!.ranges) ranges.fill(range, range.start, range.end);
  const scales = decision!.arrangement?.scales;
  const parts = new Map<number, number[]>();
  const tested = new Map<string, TestedPart & { lanes: number[]; neurons: Tested[] }>();
  for (let lane = 0; lane < problem.groups * problem.columns; lane++) {
    const neuron = problem.neuron(Math.floor(lane / problem.columns), lane % problem.columns);
    const { choice, start } = ranges[neuron]!;
    const use = choice.mode === "static" ? choice.use : choice.low;
    const list = parts.get(use);
    if (list) list.push(lane);
    else parts.set(use, [lane]);
    if (choice.mode === "static") continue;
    const { low, high, test }: Dynamic = choice;
    const magnitudes = test.rule === "kappa-full";
    const key = `${low}|${high}|${magnitudes}`;
    let part = tested.get(key);
    if (!part) tested.set(key, (part = { low, high, magnitudes, lanes: [], neurons: [] }));
    part.lanes.push(lane);
    part.neurons.push({ test, neuronInRange: neuron - start, exponent: scales?.[neuron] ?? 0 });
  }
  return {
    parts: [...parts].map(([use, lanes]) => ({ use, lanes })),
    tested: [...tested.values()],
  };
}
