// A node's sums laid out for the GPU: the problem's shape, and every table that shaders look things up in, in one buffer.
import type { Arrangement, Node, SumSite, Tensor } from "@mpplan/ir";
import { problemOf, type Patches, type Problem } from "@mpplan/runtime";
import type { Packing } from "./packing.js";
import type { Stream } from "./stream.js";
import type { GpuTensor } from "./tensor.js";
import { bitsOf } from "./wgsl/round.js";

/** Where tables begin, in words; -1 for those that the problem does not need. */
export interface Tables {
  readonly buffer: GPUBuffer;
  readonly bytes: number;
  /** Per unit: the first element of its rows, of its output, of its bias. */
  readonly units: number;
  /** Per term: how far from its row's place. */
  readonly taps: number;
  /** Per row: how far from its unit's first element. */
  readonly places: number;
  /** Per run of the unpadded image: where in the padded one it goes. */
  readonly runs: number;
  /** Per unit: where its unpadded image begins. */
  readonly froms: number;
  /** Per group: where its weights begin. */
  readonly first: number;
  /** Per step: which term it takes; for the weights. */
  readonly order: number;
  /** Per (group, column): 2^e and 2^-e, as binary32 bits. */
  readonly scales: number;
  readonly unscale: number;
  /** Per (group, slot) of the packed weights: which (group, column) stands there, and the slots of those. */
  readonly slots: number;
  readonly slotOf: number;
  /** Per list given. */
  readonly lists: readonly number[];
}

export interface Layout {
  readonly problem: Problem;
  /** Units per group: samples of a convolution. */
  readonly samples: number;
  /** Pairs of group and column. */
  readonly lanes: number;
  /** Slots per group in the packed weights. */
  readonly width: number;
  /** How the padded image of a unit is made; null where rows are read from the input itself. */
  readonly padding: Patches | null;
  readonly tables: Tables;
}

/** The problem of a node for tensors of these dims; no value is looked at. */
export function problemFor(node: Node, inputs: readonly (GpuTensor | null)[], site: SumSite | null): Problem {
  const shapes = inputs.map(
    (t) => t && ({ elem: t.elem, dims: t.dims, data: { length: t.size } } as unknown as Tensor),
  );
  return problemOf(node, shapes, site);
}

/**
 * Lays a problem out. `lists` are runs of words that only its caller understands, null for none: columns in an order of
 * its own.
 */
export function layOut(
  stream: Stream,
  problem: Problem,
  arrangement: Arrangement | undefined,
  packing: Packing,
  lists: readonly (ArrayLike<number> | null)[],
): Layout {
  const { units, groups, columns, length, operand, weights } = problem;
  const patches = "size" in operand ? operand : null;
  const padding = patches && needsPadding(patches) ? patches : null;
  const order = arrangement?.terms ? termPlaces(arrangement.terms, length) : null;
  const scales = arrangement?.scales;
  const lane = (i: number): number => problem.neuron(Math.floor(i / columns), i % columns);
  const factors = (sign: 1 | -1): number[] | null =>
    scales
      ? Array.from({ length: groups * columns }, (_, i) => bitsOf(2 ** (sign * scales[lane(i)]!)))
      : null;

  const words: number[] = [];
  const put = (list: ArrayLike<number> | null): number => {
    if (!list) return -1;
    const at = words.length;
    for (let i = 0; i < list.length; i++) words.push(list[i]!);
    return at;
  };
  const tap = (k: number): number =>
    patches ? patches.taps[k]! : k * (operand as { termStep: number }).termStep;
  const steps = order ?? (patches ? Array.from({ length }, (_, k) => k) : null);
  const tables = {
    units: put(units.flatMap(({ from, out, bias }, i) => [padding ? i * padding.size : from, out, bias])),
    taps: put(steps && Array.from(steps, tap)),
    places: put(patches?.places ?? null),
    runs: put(padding?.runAt ?? null),
    froms: put(padding && units.map(({ from }) => from)),
    first: put(Array.from({ length: groups }, (_, group) => weights.first(group))),
    order: put(order),
    scales: put(factors(1)),
    unscale: put(factors(-1)),
    slots: put(packing.lanes),
    slotOf: put(packing.slots),
    lists: lists.map(put),
  };
  const buffer = stream.upload(Uint32Array.from(words));
  return {
    problem,
    samples: groups === 0 ? 0 : units.length / groups,
    lanes: groups * columns,
    width: packing.width,
    padding,
    tables: { ...tables, buffer, bytes: words.length * 4 },
  };
}

function needsPadding({ size, runs, runLength, runAt }: Patches): boolean {
  return size !== runs * runLength || runAt.some((at, i) => at !== i * runLength);
}

/** Where each step finds its operands: `terms` counts runs of length / terms.length steps. */
function termPlaces(terms: readonly number[], length: number): number[] {
  const taps = length / Math.max(1, terms.length);
  return Array.from({ length }, (_, k) => terms[Math.floor(k / taps)]! * taps + (k % taps));
}
