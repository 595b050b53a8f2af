// What the operators without sums share: a recorder per operator, dims by inference, and walks over strided elements.
import { ops, type InferContext, type Node, type TensorType } from "@mpplan/ir";
import type { Stream } from "../stream.js";
import type { GpuTensor } from "../tensor.js";

/** Records a node on binary32 tensors; null where these inputs are not what it is for, and the host takes them. */
export type Recorder = (
  inputs: readonly (GpuTensor | null)[],
  node: Node,
  stream: Stream,
) => GpuTensor[] | null;

/** Axes that a shader walks over; tensors of higher rank are left to the host. */
export const mostAxes = 6;

/** The numbers of a small tensor that is on the host, as those of axes, shapes and bounds are; null where it is not. */
export function hostNumbers(t: GpuTensor | null | undefined): number[] | null {
  const host = t?.onHostNow();
  return host ? Array.from(host.data as ArrayLike<number | bigint>, Number) : null;
}

/** What is known of a node before it runs: types, and the numbers that are on the host. */
export function contextOf(inputs: readonly (GpuTensor | null)[], node: Node): InferContext {
  return {
    node,
    inputs: inputs.map((t, i) => {
      const constant = t?.onHostNow();
      return (
        t && {
          id: node.inputs[i] ?? "",
          type: { elem: t.elem, shape: t.dims },
          ...(constant && { constant }),
        }
      );
    }),
  };
}

/** The dims of the outputs; null where they depend on values that are on the GPU. */
export function outputDims(inputs: readonly (GpuTensor | null)[], node: Node): number[][] | null {
  const types = ops[node.op].infer(contextOf(inputs, node)) as readonly (TensorType | null)[];
  const dims = types.map((type) => type?.shape ?? null);
  const known = dims.every((shape) => shape?.every((d) => typeof d === "number"));
  return known ? (dims as number[][]) : null;
}

/** Strides of a dense tensor. */
export function stridesOf(dims: readonly number[]): number[] {
  const strides = dims.map(() => 1);
  for (let i = dims.length - 2; i >= 0; i--) strides[i] = strides[i + 1]! * dims[i + 1]!;
  return strides;
}

/** Padded to `mostAxes` from the front. */
export function axes(list: readonly number[], fill: number): number[] {
  return [...new Array<number>(mostAxes - list.length).fill(fill), ...list];
}

/** Parameter names `d0`, `d1`, ... */
export function axisNames(letter: string): string[] {
  return Array.from({ length: mostAxes }, (_, i) => `${letter}${i}`);
}

/**
 * Statements that walk `rest`, an index into axes of sizes `d`, and add up what each index makes of the given strides.
 * Strides may be negative: u32 wraps around.
 */
export function walk(sums: Readonly<Record<string, string>>, rest = "id"): string {
  const names = Object.entries(sums);
  const lines = [`var rest = ${rest};`, ...names.map(([sum]) => `var ${sum} = 0u;`), "var index = 0u;"];
  for (let i = mostAxes - 1; i >= 0; i--) {
    lines.push(`index = rest % p.d${i}; rest = rest / p.d${i};`);
    for (const [sum, letter] of names) lines.push(`${sum} = ${sum} + index * p.${letter}${i};`);
  }
  return lines.map((line) => `  ${line}`).join("\n");
}
