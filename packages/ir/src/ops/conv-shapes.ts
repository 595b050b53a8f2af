// What convolutions share: how their inputs have to fit together, and the shape of what they yield.
import { hasInput, shapeOf } from "./checks.js";
import { intAttr, optionalInts, shapeError, type InferContext } from "./define.js";
import { mergeDims } from "./dims.js";
import { windowAttributes, windowOutput } from "./window.js";
import type { AttrSpec } from "./define.js";
import type { Node } from "../graph.js";
import type { Dim } from "../types.js";

export const convAttributes = {
  ...windowAttributes,
  group: { type: "int", default: 1 },
  kernel_shape: { type: "ints" },
} satisfies Record<string, AttrSpec>;

/** Where a convolution has its inputs. */
export interface ConvInputs {
  readonly input: number;
  readonly weights: number;
  readonly bias?: number;
}

/** The shape [N, M, ...] of X [N, C, ...] convolved with W [M, C / group, ...kernel], bias [M]. */
export function convShape(context: InferContext, { input, weights, bias }: ConvInputs): Dim[] | null {
  const { node } = context;
  const x = shapeOf(context, input, 3);
  const w = shapeOf(context, weights, 3);
  const b = bias !== undefined && hasInput(context, bias) ? shapeOf(context, bias, 1, 1) : null;
  const group = groupsOf(node);
  const channels = mergeDims(
    node,
    w?.[0] ?? null,
    b?.[0] ?? null,
    `the bias of ${node.op} must fit its weights`,
  );
  if (typeof channels === "number" && channels % group !== 0) {
    throw shapeError(
      node,
      `the ${channels} output channels of ${node.op} do not divide into ${group} groups`,
    );
  }
  if (!x) return null;
  if (w && w.length !== x.length) {
    throw shapeError(node, `${node.op} has an input of rank ${x.length}, but weights of rank ${w.length}`);
  }
  const perGroup = w?.[1];
  if (typeof perGroup === "number" && typeof x[1] === "number" && perGroup * group !== x[1]) {
    throw shapeError(
      node,
      `the input of ${node.op} has ${x[1]} channels, but its weights are for ${perGroup} x ${group} (group)`,
    );
  }
  const kernel = kernelSizes(node, w);
  const spatial: Dim[] = kernel ? windowOutput(node, x.slice(2), kernel) : x.slice(2).map(() => null);
  return [x[0]!, channels, ...spatial];
}

/** How many groups the channels fall into. */
export function groupsOf(node: Node): number {
  const group = intAttr(node, "group");
  if (!Number.isInteger(group) || group < 1) throw shapeError(node, `${node.op} has ${group} groups`);
  return group;
}

/** The kernel's sizes: those of the weights, which the attribute may only repeat. */
export function kernelSizes(node: Node, weights: readonly Dim[] | null): number[] | null {
  const stated = optionalInts(node, "kernel_shape");
  const actual: readonly Dim[] | undefined = weights?.slice(2);
  if (stated && actual && stated.length !== actual.length) {
    throw shapeError(
      node,
      `${node.op} has a kernel_shape of [${stated.join(", ")}], but weights of rank ${weights!.length}`,
    );
  }
  const rank = actual ?? stated ?? [];
  const merged = rank.map((_, i) =>
    mergeDims(
      node,
      actual?.[i] ?? null,
      stated?.[i] ?? null,
      `the kernel_shape of ${node.op} must fit its weights`,
    ),
  );
  return merged.length > 0 && merged.every((dim) => typeof dim === "number") ? merged : null;
}
