// Softmax and the normalisations on a GPU, by the formulas of the reference's kernels: terms in parallel, one invocation
// per sum, quotients in parallel.
import { floatAttr, intAttr, normalizeAxis, sizeOf, type Node } from "@mpplan/ir";
import type { Shader } from "./shader.js";
import type { Bound, Stream } from "./stream.js";
import { GpuTensor } from "./tensor.js";
import { axes, mostAxes, stridesOf } from "./plain/define.js";
import type { Arithmetic } from "./wgsl/arithmetic.js";
import * as shaders from "./wgsl/lines.js";
import type { SumWriter } from "./wgsl/products.js";

type Inputs = readonly (GpuTensor | null)[];

/** Sums that a plan decides: how those of each neuron are written, and where the random sequences of stochastic ones start. */
export interface DecidedSums {
  readonly writers: readonly SumWriter[];
  readonly seed: number;
}

export interface Lines {
  readonly outputs: GpuTensor[];
  /** How many lines there are: every neuron has a sum in each. */
  readonly count: number;
}

/** How a node's lines are added up: in an arithmetic of its own, where no plan decides. */
export interface LineSums {
  readonly own: Arithmetic;
  readonly decided: DecidedSums | null;
}

/** Records a node; null where the host knows better: ranks above six, nothing to add up, no room for a number per element. */
export type LineRun = (inputs: Inputs, node: Node, stream: Stream, sums: LineSums) => Lines | null;

/** True where a buffer holds no number of that arithmetic per element. */
const isTooLarge = (x: GpuTensor, { own }: LineSums, stream: Stream): boolean =>
  x.size * own.words * 4 > stream.device.largest;

/** Records shaders over the lines of one tensor. What they hand on is given back at the end. */
class Recording {
  private readonly made: Bound[] = [];
  readonly count: number;

  constructor(
    private readonly op: string,
    private readonly x: GpuTensor,
    private readonly stream: Stream,
    private readonly sums: LineSums,
    size: number,
    inner: number,
    tail: readonly number[] = [],
  ) {
    this.count = x.size / size;
    this.params = [0, sums.decided?.seed ?? 0, size, inner, ...tail];
  }

  get own(): Arithmetic {
    return this.sums.own;
  }

  private readonly params: readonly number[];

  /** A number per line, or per element. */
  private numbers(shader: Shader, reads: readonly Bound[], count: number): Bound {
    const bytes = count * this.own.words * 4;
    const bound = { buffer: this.stream.pool.take(bytes), bytes };
    this.made.push(bound);
    this.dispatch(shader, reads, bound, count);
    return bound;
  }

  private dispatch(shader: Shader, reads: readonly Bound[], y: Bound, count: number): void {
    const params = shaders.lineParams.map((_, i) => this.params[i] ?? 1);
    this.stream.dispatch(shader, [this.x.bound(this.stream), ...reads, y], params, count);
  }

  largest(): Bound {
    return this.numbers(shaders.largestShader(`${this.op}, maxima`, this.own), [], this.count);
  }

  /** The sum of a neuron in every line. The reference numbers components line by line, neuron by neuron. */
  sum(neuron: number, read: Readonly<Record<string, Bound>>, term: shaders.Term, finish: string): Bound {
    const { own, decided } = this.sums;
    const sums = decided && {
      writer: decided.writers[neuron]!,
      component: `id * ${decided.writers.length}u + ${neuron}u`,
    };
    const shader = shaders.sumShader(`${this.op}, sums`, own, sums, Object.keys(read), term, finish);
    return this.numbers(shader, Object.values(read), this.count);
  }

  terms(read: Readonly<Record<string, Bound>>, value: string): Bound {
    const shader = shaders.elementShader(`${this.op}, terms`, this.own, Object.keys(read), value, false);
    return this.numbers(shader, Object.values(read), this.x.size);
  }

  result(read: Readonly<Record<string, Bound>>, value: string): GpuTensor {
    const y = GpuTensor.made(this.stream, this.x.elem, this.x.dims);
    const shader = shaders.elementShader(this.op, this.own, Object.keys(read), value, true);
    this.dispatch(shader, Object.values(read), y.bound(this.stream), y.size);
    return y;
  }

  /** Numbers of the lines as a tensor. */
  stored(numbers: Bound, dims: readonly number[]): GpuTensor {
    const y = GpuTensor.made(this.stream, this.x.elem, dims);
    const shader = shaders.storedShader(`${this.op}, statistics`, this.own);
    this.dispatch(shader, [numbers], y.bound(this.stream), y.size);
    return y;
  }

  end(outputs: GpuTensor[]): Lines {
    for (const { buffer } of this.made) this.stream.pool.give(buffer);
    return { outputs, count: this.count };
  }
}

function softmaxBy(logarithm: boolean): LineRun {
  return (inputs, node, stream, sums) => {
    const { own } = sums;
    const x = inputs[0]!;
    if (x.size === 0 || isTooLarge(x, sums, stream)) return null;
    const axis = normalizeAxis(node, intAttr(node, "axis"), x.dims.length);
    const on = new Recording(node.op, x, stream, sums, x.dims[axis]!, sizeOf(x.dims.slice(axis + 1)));
    const most = on.largest();
    const less = own.subtract("v", own.load("most", "line"));
    const powers = on.terms({ most }, own.exp(less));
    const term = { number: own.load("powers", "at") };
    const sum = on.sum(0, { powers }, term, logarithm ? own.log("sum") : "sum");
    const result = logarithm
      ? on.result({ most, sum }, own.subtract(less, own.load("sum", "line")))
      : on.result({ powers, sum }, own.divide(own.load("powers", "id"), own.load("sum", "line")));
    return on.end([result]);
  };
}

/** Strides of what is broadcast to x along the axes of x; for one number per channel, along axis 1. */
function broadcast(t: GpuTensor | null | undefined, x: GpuTensor, perChannel: boolean): number[] {
  if (!t) return axes([], 0);
  if (perChannel)
    return axes(
      x.dims.map((_, axis) => (axis === 1 ? 1 : 0)),
      0,
    );
  const missing = x.dims.length - t.dims.length;
  const own = stridesOf(t.dims);
  // As many elements as x has are taken in their order.
  if (t.size === x.size) return axes(stridesOf(x.dims), 0);
  return axes(
    x.dims.map((_, i) => (i < missing || t.dims[i - missing] === 1 ? 0 : own[i - missing]!)),
    0,
  );
}

function recordingOf(inputs: Inputs, node: Node, stream: Stream, sums: LineSums, size: number): Recording {
  const x = inputs[0]!;
  const perChannel = node.op === "InstanceNormalization" || node.op === "GroupNormalization";
  const [scale, bias] = [1, 2].map((i) => broadcast(inputs[i], x, perChannel)) as [number[], number[]];
  const tail = [...sums.own.parameter(floatAttr(node, "epsilon")), ...axes(x.dims, 1), ...scale, ...bias];
  return new Recording(node.op, x, stream, sums, size, 1, tail);
}

/** The mean of every line, and what `finish` makes of the variance and epsilon. */
function statistics(on: Recording, finish: (variance: string) => string): [mean: Bound, end: Bound] {
  const { own } = on;
  const mean = on.sum(0, {}, { bits: "x[at]" }, own.divide("sum", "n"));
  const squares = on.terms({ mean }, `squared(${own.subtract("v", own.load("mean", "line"))})`);
  const term = { number: own.load("squares", "at") };
  return [mean, on.sum(1, { squares }, term, finish(own.divide("sum", "n")))];
}

function perGroup(groupsOf: (x: GpuTensor, node: Node) => number): LineRun {
  return (inputs, node, stream, sums) => {
    const { own } = sums;
    const [x, scale, bias] = inputs.map((t) => t!) as [GpuTensor, GpuTensor, GpuTensor];
    if (x.size === 0 || x.dims.length > mostAxes || isTooLarge(x, sums, stream)) return null;
    const size = sizeOf(x.dims.slice(1)) / groupsOf(x, node);
    const on = recordingOf(inputs, node, stream, sums, size);
    const rooted = (variance: string): string => own.root(own.add(variance, shaders.epsilon(own)));
    const [mean, root] = statistics(on, rooted);
    const read = { mean, root, scale: scale.bound(stream), bias: bias.bound(stream) };
    const centred = own.subtract("v", own.load("mean", "line"));
    const scaled = own.multiply(own.ofBits("scale[at_a]"), centred);
    const divided = own.divide(scaled, own.load("root", "line"));
    return on.end([on.result(read, own.add(divided, own.ofBits("bias[at_b]")))]);
  };
}

const lastAxes = (x: GpuTensor, node: Node): number =>
  sizeOf(x.dims.slice(normalizeAxis(node, intAttr(node, "axis"), x.dims.length)));

const layerNormalization: LineRun = (inputs, node, stream, sums) => {
  const { own } = sums;
  const [x, scale, bias] = [inputs[0]!, inputs[1]!, inputs[2]];
  if (x.size === 0 || x.dims.length > mostAxes || isTooLarge(x, sums, stream)) return null;
  const on = recordingOf(inputs, node, stream, sums, lastAxes(x, node));
  const inverted = (variance: string): string =>
    own.divide(own.constant(1), own.root(own.add(variance, shaders.epsilon(own))));
  const [mean, inverse] = statistics(on, inverted);
  const read = { mean, inverse, scale: scale.bound(stream), ...(bias && { bias: bias.bound(stream) }) };
  const centred = own.subtract("v", own.load("mean", "line"));
  const scaled = own.multiply(own.multiply(centred, own.load("inverse", "line")), own.ofBits("scale[at_a]"));
  const y = on.result(read, own.add(scaled, bias ? own.ofBits("bias[at_b]") : own.constant(0)));
  const axis = normalizeAxis(node, intAttr(node, "axis"), x.dims.length);
  const dims = x.dims.map((d, i) => (i < axis ? d : 1));
  // Statistics are outputs that few models ask for.
  const asked = [mean, inverse].slice(0, node.outputs.length - 1);
  return on.end([y, ...asked.map((numbers) => on.stored(numbers, dims))]);
};

const rmsNormalization: LineRun = (inputs, node, stream, sums) => {
  const { own } = sums;
  const [x, scale] = [inputs[0]!, inputs[1]!];
  if (x.size === 0 || x.dims.length > mostAxes || isTooLarge(x, sums, stream)) return null;
  const on = recordingOf(inputs, node, stream, sums, lastAxes(x, node));
  const mean = own.divide("sum", "n");
  const square = { number: `squared(${own.ofBits("x[at]")})` };
  const root = on.sum(0, {}, square, own.root(own.add(mean, shaders.epsilon(own))));
  const divided = own.divide("v", own.load("root", "line"));
  const read = { root, scale: scale.bound(stream) };
  return on.end([on.result(read, own.multiply(divided, own.ofBits("scale[at_a]")))]);
};

export const lineRuns: Readonly<Partial<Record<string, LineRun>>> = {
  GroupNormalization: perGroup((_, node) => intAttr(node, "num_groups")),
  InstanceNormalization: perGroup((x) => x.dims[1]!),
  LayerNormalization: layerNormalization,
  LogSoftmax: softmaxBy(true),
  RMSNormalization: rmsNormalization,
  Softmax: softmaxBy(false),
};
