// Writes ConvTranspose as ordinary convolutions, one for each place of an output pixel within the stride.
import { activationOf } from "../sites.js";
import { constantInput, consumers, valueOf, type Graph, type Node, type ValueId } from "../graph.js";
import { groupsOf } from "../ops/conv-shapes.js";
import { sizeOf, type Tensor } from "../types.js";
import { axesOf, isCutAway, type Axis, type Phase } from "./conv-transpose-phases.js";
import { floatsOf, Lowering } from "./lowering.js";
import { Rewrite, soleReader, type PassResult } from "./pass.js";

/**
 * Along an axis of stride s the output pixels s r + phase of one phase read the same taps, every so many of the
 * kernel: an ordinary convolution. So no product is counted that the operator does not carry out, as it would be if
 * zeros were inserted; only padding counts, as in Conv. The results are woven together after the normalisation and
 * the activation that alone follow, so that each convolution has its own. With stride 1 the one Conv keeps the node's
 * name, else they are called `<node>/phase0x1` and so on.
 */
export function splitConvTranspose(graph: Graph): PassResult {
  const rewrite = new Rewrite(graph);
  for (const node of graph.nodes) {
    if (node.op === "ConvTranspose" && whyNotSplit(graph, node) === null) split(graph, node, rewrite);
  }
  return rewrite.finish();
}

/** Why a ConvTranspose stays as it is; null where it does not. */
export function whyNotSplit(graph: Graph, node: Node): string | null {
  const weights = constantInput(graph, node, 1);
  if (!weights) return "its weights are not constant";
  if (node.inputs[2] != null && !constantInput(graph, node, 2)) return "its bias is not constant";
  const shape = valueOf(graph, node.inputs[0]!).type?.shape;
  const spatial = shape?.slice(2);
  if (!spatial?.every((dim) => typeof dim === "number")) return "the size of its input is not known";
  const axes = axesOf(node, spatial, weights);
  if ([...spatial, ...axes.map(({ image }) => image)].some((size) => size < 1))
    return "its input or output is empty";
  if (axes.some(isCutAway)) return "some of its output lies beyond its input";
  if (
    typeof shape![0] !== "number" &&
    axes.some(({ phases }) => phases.some(({ taps }) => taps.length === 0))
  )
    return "its batch is not known, and no tap reaches some of its output";
  return null;
}

/** What the parts of one lowering share. */
interface Split {
  readonly node: Node;
  readonly to: Lowering;
  readonly weights: Tensor;
  readonly bias: Tensor | undefined;
  /** Of the output: a number where some of it is reached by no tap. */
  readonly batch: number;
  readonly channels: number;
  readonly axes: readonly Axis[];
  /** What every phase does after its convolution. */
  readonly follow: readonly Node[];
}

function split(graph: Graph, node: Node, rewrite: Rewrite): void {
  const to = new Lowering(rewrite, node);
  const [batch, , ...spatial] = valueOf(graph, node.inputs[0]!).type!.shape as [number, number, ...number[]];
  const weights = constantInput(graph, node, 1)!;
  const axes = axesOf(node, spatial, weights);
  const single = axes.every(({ phases }) => phases.length === 1);
  const follow = single ? [] : whatFollows(graph, node);
  const channels = weights.dims[1]! * groupsOf(node);
  const all: Split = {
    node,
    to,
    weights,
    bias: constantInput(graph, node, 2),
    batch,
    channels,
    axes,
    follow,
  };
  if (single) {
    const only = axes.map(({ phases }) => phases[0]!);
    to.yield(convolved(all, only, ""));
  } else {
    to.yield(cut(all, woven(all, [], "")), 0, follow.at(-1) ?? node);
  }
  for (const each of follow) rewrite.replace(each, []);
  to.replace();
}

/** The convolution of one phase; what no tap reaches is the bias. */
function convolved(
  { node, to, weights, bias, batch, channels }: Split,
  phases: readonly Phase[],
  name: string,
): ValueId {
  if (phases.some(({ taps }) => taps.length === 0)) {
    const counts = phases.map(({ count }) => count);
    const at = (i: number): number => Number(bias?.data[Math.floor(i / sizeOf(counts)) % channels] ?? 0);
    return to.constant(name, floatsOf(weights.elem, [batch, channels, ...counts], at));
  }
  const [before, after] = [phases.map((phase) => phase.before), phases.map((phase) => phase.after)];
  // Conv pads by less than its window only, and never crops.
  const byPad = phases.some(({ extent }, i) =>
    [before[i]!, after[i]!].some((pad) => pad < 0 || pad >= extent),
  );
  const amounts = byPad && to.integers(`${name}.pads`, [0, 0, ...before, 0, 0, ...after]);
  const x = amounts ? to.add("Pad", [node.inputs[0]!, amounts], `${name}.input`) : node.inputs[0]!;
  const taken = to.constant(`${name}.weights`, weightsOf(node, weights, phases));
  return to.add("Conv", [x, taken, ...node.inputs.slice(2)], name, {
    group: groupsOf(node),
    kernel_shape: phases.map(({ taps }) => taps.length),
    dilations: phases.map(({ dilation }) => dilation),
    strides: phases.map(() => 1),
    pads: byPad ? phases.flatMap(() => [0, 0]) : [...before, ...after],
  });
}

/** All phases from `chosen` on, [N, M, rounds, phases, rounds, phases, ...]. */
function woven(all: Split, chosen: readonly Phase[], name: string): ValueId {
  const { to, axes, follow } = all;
  const axis = chosen.length;
  if (axis === axes.length) {
    const last = follow.reduce(
      (id, each, i) => to.add(each.op, [id, ...each.inputs.slice(1)], `${name}/then${i}`, each.attrs),
      convolved(all, chosen, name),
    );
    return placed(to, last, chosen, axes, name);
  }
  const start = axis === 0 ? "phase" : `${name}x`;
  const parts = axes[axis]!.phases.map((phase, i) => woven(all, [...chosen, phase], `${start}${i}`));
  if (parts.length === 1) return parts[0]!;
  return to.add("Concat", parts, `${name || "phases"}.woven`, { axis: 3 + 2 * axis });
}

/** Brings rounds and phases of each axis together, without the pixels that only some phases have. */
function cut({ to, channels, axes }: Split, value: ValueId): ValueId {
  const sizes = axes.map(({ rounds, phases }) => rounds * phases.length);
  const images = axes.map(({ image }) => image);
  const whole = to.add("Reshape", [value, to.integers("shape", [0, channels, ...sizes])], "image");
  if (String(sizes) === String(images)) return whole;
  const [starts, spatial] = [images.map(() => 0), images.map((_, i) => 2 + i)];
  const [from, until, along] = [
    to.integers("start", starts),
    to.integers("end", images),
    to.integers("axes", spatial),
  ];
  return to.add("Slice", [whole, from, until, along], "cut");
}

/** A phase's result with a place beside every pixel for those of the others, and a pixel more where it has one less. */
function placed(
  to: Lowering,
  value: ValueId,
  phases: readonly Phase[],
  axes: readonly Axis[],
  name: string,
): ValueId {
  const missing = phases.map(({ count }, i) => axes[i]!.rounds - count);
  const amounts = [0, 0, ...phases.map(() => 0), 0, 0, ...missing];
  const even = missing.every((count) => count === 0)
    ? value
    : to.add("Pad", [value, to.integers(`${name}.missing`, amounts)], `${name}.padded`);
  const places = to.integers(
    `${name}.places`,
    axes.map((_, i) => 3 + 2 * i),
  );
  return to.add("Unsqueeze", [even, places], `${name}.placed`);
}

/** The normalisation and activation that alone read what a node yields, one after another. */
function whatFollows(graph: Graph, node: Node): Node[] {
  const readers = consumers(graph);
  const chain: Node[] = [];
  for (let last = node; ;) {
    const next = soleReader(graph, last.outputs[0]!, readers);
    const taken = next !== null && next.inputs[0] === last.outputs[0] && next.outputs.length === 1;
    if (!taken || (next.op !== "BatchNormalization" && activationOf(graph, next) === null)) return chain;
    chain.push((last = next));
  }
}

/** W [C, M / group, ...kernel] as the weights [M, C / group, ...taps] of a phase. */
function weightsOf(node: Node, weights: Tensor, phases: readonly Phase[]): Tensor {
  const group = groupsOf(node);
  const [inputs, outPerGroup, ...kernel] = weights.dims as [number, number, ...number[]];
  const inPerGroup = inputs / group;
  const taps = phases.map((phase) => phase.taps.length);
  return floatsOf(weights.elem, [outPerGroup * group, inPerGroup, ...taps], (index) => {
    let [rest, from, stride] = [index, 0, 1];
    for (let axis = taps.length - 1; axis >= 0; axis--) {
      from += stride * phases[axis]!.taps[rest % taps[axis]!]!;
      rest = Math.floor(rest / taps[axis]!);
      stride *= kernel[axis]!;
    }
    const [c, m] = [rest % inPerGroup, Math.floor(rest / inPerGroup)];
    const channel = Math.floor(m / outPerGroup) * inPerGroup + c;
    return Number(weights.data[(channel * outPerGroup + (m % outPerGroup)) * stride + from]);
  });
}
