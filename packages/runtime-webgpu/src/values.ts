// Value sums, where a GPU can carry them out: in the accumulators that a plan decides, bit for bit, or in the device's own
// arithmetic, where a plan asks for at least a precision.
import type { Accumulator } from "@mpplan/ir";
import type { KernelContext, KernelRequest, KernelResult } from "@mpplan/runtime";
import { covers, type Covered } from "./covered.js";
import { lineRuns, type LineRun } from "./lines.js";
import { axes } from "./plain/define.js";
import { softmax } from "./plain/rows.js";
import type { Bound, Stream } from "./stream.js";
import { GpuTensor } from "./tensor.js";
import { binary32, binary64 } from "./wgsl/arithmetic.js";
import { nativeKind, nativeProblem, type NativeKind } from "./wgsl/native.js";
import { emulated, native, type SumWriter } from "./wgsl/products.js";
import { problemWith } from "./wgsl/sum.js";
import { valueShader } from "./wgsl/values.js";

/** Runs a node; null where its inputs are for the host. */
export type ValueRun = (
  inputs: readonly (GpuTensor | null)[],
  context: Pick<KernelContext, "salt">,
) => KernelResult | null;

/** How a node's decided value sums are carried out, or why they are not. */
export function decidedValues(
  request: KernelRequest,
  stream: Stream,
  inexact: string | null,
): ValueRun | string {
  const { node, accumulators } = request;
  const uses = usesOf(request);
  const decided = uses.map((use) => accumulators[use]!);
  const native = request.semantics === "floor" && decided.every((a) => nativeProblem(a) === null);
  const problem = native ? null : (inexact ?? firstProblem(decided));
  if (problem !== null) return problem;
  const kinds = native ? decided.map((a) => nativeKind(a, stream.device.adapter.halves)) : null;
  const lines = lineRuns[node.op];
  if (lines) {
    return native && node.op === "Softmax"
      ? softmaxRun(request, uses[0]!, stream)
      : linesRun(request, lines, uses, kinds, stream);
  }
  if (!covers[node.op]) return `sums of ${node.op} have no shader`;
  return new ValueSums(request, uses[0]!, stream, kinds && kinds[0]!).run;
}

function firstProblem(accumulators: readonly Accumulator[]): string | null {
  return accumulators.map(problemWith).find((problem) => problem !== null) ?? null;
}

/** The accumulator of every neuron. */
function usesOf({ decision }: KernelRequest): number[] {
  const uses = new Array<number>(decision!.neurons);
  for (const { start, end, choice } of decision!.ranges) {
    if (choice.mode !== "static") throw new Error("internal: a dynamic choice of a value sum got this far");
    uses.fill(choice.use, start, end);
  }
  return uses;
}

/** Along lines: in binary64 as the reference, or in the device's own arithmetic throughout. */
function linesRun(
  { node, accumulators, seed }: KernelRequest,
  lines: LineRun,
  uses: readonly number[],
  kinds: readonly NativeKind[] | null,
  stream: Stream,
): ValueRun {
  const writers = uses.map((use, neuron) =>
    kinds ? native(accumulators[use]!, kinds[neuron]!) : emulated(accumulators[use]!),
  );
  const used = [...new Set(uses)];
  const substitution =
    kinds &&
    substitute(
      used.map((use) => accumulators[use]!),
      used.map((use) => kinds[uses.indexOf(use)]!),
    );
  const stochastic = used.some((use) => accumulators[use]!.rounding === "stochastic");
  return (inputs, { salt }) => {
    const decided = { writers, seed: stochastic ? seed ^ salt : 0 };
    const done = lines(inputs, node, stream, { own: kinds ? binary32 : binary64, decided });
    if (!done) return null;
    const components = accumulators.map((_, i) => done.count * uses.filter((use) => use === i).length);
    return {
      outputs: done.outputs,
      executed: { components, recomputed: 0, magnitudes: 0, total: done.count * uses.length },
      ...(substitution !== null && { substitution }),
    };
  };
}

/** What a plan does not decide is added up in binary64, or in binary32 where it asks for no more than a precision. */
export function undecidedLines({ node, semantics }: KernelRequest, stream: Stream): ValueRun | null {
  const lines = lineRuns[node.op];
  if (!lines) return null;
  if (semantics === "floor" && node.op === "Softmax") return null;
  return (inputs) => {
    const own = semantics === "floor" ? binary32 : binary64;
    const done = lines(inputs, node, stream, { own, decided: null });
    return done && { outputs: done.outputs, ...(own === binary32 && { undecidedSums: ownSums }) };
  };
}

/** Said of sums that no plan decides and that are not the reference's. */
export const ownSums = "its sums are in the device's binary32";

function substitute(accumulators: readonly Accumulator[], kinds: readonly NativeKind[]): string {
  const used = accumulators.map(({ format }, i) => `${format} in ${kinds[i]!}`);
  return `the device's own arithmetic, at least as precise: ${used.join(", ")}`;
}

/** In binary32, which is at least as precise. */
function softmaxRun({ node, accumulators }: KernelRequest, use: number, stream: Stream): ValueRun {
  const substitution = substitute([accumulators[use]!], ["f32"]);
  return (inputs) => {
    const outputs = softmax(inputs, node, stream);
    if (!outputs) return null;
    const { dims, size } = outputs[0]!;
    const axis = node.attrs["axis"] as number;
    const total = size === 0 ? 0 : size / (dims.at(axis) ?? 1);
    return { outputs, executed: counted(accumulators.length, use, total), substitution };
  };
}

function counted(length: number, use: number, total: number): NonNullable<KernelResult["executed"]> {
  const components = Array.from({ length }, (_, i) => (i === use ? total : 0));
  return { components, recomputed: 0, magnitudes: 0, total };
}

/** What one shape of the inputs needs, made once. */
interface Prepared {
  readonly shape: string;
  readonly covered: Covered;
  readonly tables: Bound;
  readonly divisorsAt: number;
}

class ValueSums {
  private readonly sums: SumWriter;
  private readonly label: string;
  private readonly substitution: string | null;
  private prepared: Prepared | null = null;

  constructor(
    private readonly request: KernelRequest,
    private readonly use: number,
    private readonly stream: Stream,
    kind: NativeKind | null,
  ) {
    const accumulator = request.accumulators[use]!;
    this.sums = kind ? native(accumulator, kind) : emulated(accumulator);
    this.label = `${request.node.op}, ${kind ?? "emulated"} value sums`;
    this.substitution = kind && substitute([accumulator], [kind]);
  }

  readonly run: ValueRun = (inputs, { salt }) => {
    const { stream, request } = this;
    const prepared = this.prepare(inputs);
    if (!prepared) return null;
    const { covered, tables, divisorsAt } = prepared;
    const x = inputs[0]!;
    const output = GpuTensor.made(stream, x.elem, covered.dims);
    // Only stochastic sums draw, and what others are told is then the same from run to run.
    const stochastic = request.accumulators[this.use]!.rounding === "stochastic";
    const params = [
      ...[0, stochastic ? request.seed ^ salt : 0, covered.places.length, divisorsAt],
      ...[...axes(covered.axes, 1), ...axes(covered.strides, 0)],
    ];
    const shader = valueShader(this.label, this.sums, covered.term, covered.rooted);
    stream.dispatch(shader, [x.bound(stream), tables, output.bound(stream)], params, output.size);
    return {
      outputs: [output],
      executed: counted(request.accumulators.length, this.use, output.size),
      ...(this.substitution !== null && { substitution: this.substitution }),
    };
  };

  private prepare(inputs: readonly (GpuTensor | null)[]): Prepared | null {
    const { node } = this.request;
    // Axes are numbers: the same dims may be reduced otherwise.
    const shape = JSON.stringify([
      inputs[0]!.dims,
      inputs[1] && Array.from(inputs[1].onHostNow()?.data ?? [], String),
    ]);
    if (this.prepared?.shape === shape) return this.prepared;
    const covered = covers[node.op]!(inputs, node);
    if (!covered) return null;
    if (this.prepared) this.stream.pool.give(this.prepared.tables.buffer);
    const { words, divisorsAt } = tablesOf(covered);
    const tables = { buffer: this.stream.upload(words), bytes: words.byteLength };
    return (this.prepared = { shape, covered, tables, divisorsAt });
  }
}

/** Where each place's taps begin and the last ones end; the divisors; the taps. */
function tablesOf({ places }: Covered): { words: Uint32Array; divisorsAt: number } {
  const divisorsAt = places.length + 1;
  let at = divisorsAt + places.length;
  const words = new Uint32Array(places.reduce((sum, { taps }) => sum + taps.length, at));
  for (const [i, { taps, divisor }] of places.entries()) {
    words[i] = at;
    words[divisorsAt + i] = divisor;
    words.set(taps, at);
    at += taps.length;
  }
  words[places.length] = at;
  return { words, divisorsAt };
}
