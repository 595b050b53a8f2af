// Value sums that a plan decides, where a GPU can carry them out: those of plain values in an accumulator, bit for bit;
// a softmax in the device's own arithmetic, where a plan asks for at least a precision.
import type { Accumulator } from "@mpplan/ir";
import type { KernelContext, KernelRequest, KernelResult } from "@mpplan/runtime";
import { covers, type Covered } from "./covered.js";
import { axes } from "./plain/define.js";
import { softmax } from "./plain/rows.js";
import type { Bound, Stream } from "./stream.js";
import { GpuTensor } from "./tensor.js";
import { nativeKind, nativeProblem } from "./wgsl/native.js";
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
  const use = onlyUse(request);
  if (use === null) return "a sum for each statistic has no shader";
  const accumulator = accumulators[use]!;
  const native = request.semantics === "floor" && nativeProblem(accumulator) === null;
  if (node.op === "Softmax") return native ? softmaxRun(request, use, stream) : computedTerms;
  if (!covers[node.op]) return `sums of ${node.op} have no shader`;
  if (native)
    return new ValueSums(request, use, stream, nativeKind(accumulator, stream.device.adapter.halves)).run;
  return inexact ?? problemWith(accumulator) ?? new ValueSums(request, use, stream, null).run;
}

const computedTerms = "its terms are exponentials, which no GPU rounds as the reference does";

/** The accumulator of all components; null where neurons differ. */
function onlyUse({ decision }: KernelRequest): number | null {
  const uses = new Set(decision!.ranges.map(({ choice }) => (choice.mode === "static" ? choice.use : null)));
  const [use] = uses;
  return uses.size === 1 ? (use ?? null) : null;
}

const substitute = ({ format }: Accumulator, kind: string): string =>
  `the device's own arithmetic, at least as precise: ${format} in ${kind}`;

/** In binary32, which is at least as precise. */
function softmaxRun({ node, accumulators }: KernelRequest, use: number, stream: Stream): ValueRun {
  const substitution = substitute(accumulators[use]!, "f32");
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
    kind: ReturnType<typeof nativeKind> | null,
  ) {
    const accumulator = request.accumulators[use]!;
    this.sums = kind ? native(accumulator, kind) : emulated(accumulator);
    this.label = `${request.node.op}, ${kind ?? "emulated"} value sums`;
    this.substitution = kind && substitute(accumulator, kind);
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
    const shader = valueShader(this.label, this.sums, covered.term);
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
