// Which elements the value sums of pools and reductions cover, told once for all planes that look alike.
import { reducedAxes, resolveWindow, sizeOf, type Node } from "@mpplan/ir";
import { forEachWindow } from "@mpplan/runtime";
import { contextOf, mostAxes, outputDims, stridesOf } from "./plain/define.js";
import type { GpuTensor } from "./tensor.js";
import type { ValueTerm } from "./wgsl/values.js";

/** Components are numbered [origin, place]: a place's taps are counted from the origin. */
export interface Covered {
  readonly term: ValueTerm;
  /** The result is a root of the sum instead of a quotient. */
  readonly rooted: boolean;
  /** Of the output. */
  readonly dims: readonly number[];
  /** An origin for every index into `axes`, at `index . strides`. */
  readonly axes: readonly number[];
  readonly strides: readonly number[];
  readonly places: readonly Place[];
}

export interface Place {
  readonly taps: readonly number[];
  readonly divisor: number;
}

/** Null where the host knows better: axes that are on the GPU, counts of 0 and of more than 24 bits, high ranks. */
type Cover = (inputs: readonly (GpuTensor | null)[], node: Node) => Covered | null;

/** The operators whose terms are inputs, their magnitudes or their squares, and whose results are sums, means or roots. */
export const covers: Readonly<Partial<Record<string, Cover>>> = {
  AveragePool: averagePool,
  GlobalAveragePool: globalAveragePool,
  ReduceL1: reduction("magnitude"),
  ReduceL2: reduction("square", "root"),
  ReduceMean: reduction("itself", "mean"),
  ReduceSum: reduction("itself"),
  ReduceSumSquare: reduction("square"),
};

const most = 2 ** 24;

const fits = ({ taps, divisor }: Place): boolean => taps.length < most && divisor > 0 && divisor < most;

function reduction(term: ValueTerm, end: "sum" | "mean" | "root" = "sum"): Cover {
  return (inputs, node) => {
    const x = inputs[0]!;
    const dims = outputDims(inputs, node)?.[0];
    const reduced = reducedAxes(contextOf(inputs, node), x.dims.length);
    if (!dims || !reduced || x.dims.length > mostAxes) return null;
    const strides = stridesOf(x.dims);
    let taps = [0];
    for (const axis of [...reduced].sort((a, b) => a - b)) {
      taps = taps.flatMap((at) => Array.from({ length: x.dims[axis]! }, (_, i) => at + i * strides[axis]!));
    }
    const place = { taps, divisor: end === "mean" ? taps.length : 1 };
    if (!fits(place)) return null;
    const axes = x.dims.map((d, axis) => (reduced.includes(axis) ? 1 : d));
    return { term, rooted: end === "root", dims, axes, strides, places: [place] };
  };
}

/** One origin per plane of [batch, channel]. */
function overPlanes({ dims }: GpuTensor, own: readonly number[], places: readonly Place[]): Covered | null {
  const planes = dims.slice(0, 2);
  const all = [...planes, ...own];
  if (!places.every(fits)) return null;
  const strides = [sizeOf(dims.slice(2))];
  return { term: "itself", rooted: false, dims: all, axes: [sizeOf(planes)], strides, places };
}

function globalAveragePool([x]: readonly (GpuTensor | null)[]): Covered | null {
  const spatial = x!.dims.slice(2);
  const size = sizeOf(spatial);
  const place = { taps: Array.from({ length: size }, (_, i) => i), divisor: size };
  return overPlanes(
    x!,
    spatial.map(() => 1),
    [place],
  );
}

function averagePool([x]: readonly (GpuTensor | null)[], node: Node): Covered | null {
  const spatial = x!.dims.slice(2);
  const window = resolveWindow(node, spatial, node.attrs["kernel_shape"] as readonly number[]);
  const places: Place[] = [];
  forEachWindow(spatial, window, (_, taps, count, covered) => {
    const divisor = node.attrs["count_include_pad"] === 1 ? covered : count;
    places.push({ taps: [...taps.subarray(0, count)], divisor });
  });
  return overPlanes(x!, window.output, places);
}
