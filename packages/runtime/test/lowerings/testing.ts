// For tests only: a pass that writes operators as Conv and MatMul promises the same outputs on the exact reference, to the
// rounding of binary64. Passes live in @mpplan/ir; running needs this package.
import {
  inferTypes,
  isFloat,
  sumSites,
  valueOf,
  verify,
  type Graph,
  type PassResult,
  type Sample,
  type Tensor,
} from "@mpplan/ir";
import { expect } from "vitest";
import { randomTensor, tensorOf } from "../../../ir/src/testing.js";
import { numbersOf, relativeError, runOnce } from "../../src/testing.js";

/** Inputs of any element type, of 2 where a dimension is open. */
export function feedsOf(graph: Graph, seed: number): Sample {
  return new Map(
    graph.inputs.map((id, i) => {
      const { elem, shape } = valueOf(graph, id).type!;
      const t = randomTensor(
        shape!.map((dim) => (typeof dim === "number" ? dim : 2)),
        seed * 7919 + i,
      );
      if (isFloat(elem)) return [id, t];
      const middle = elem === "uint8" ? 128 : 0;
      return [
        id,
        tensorOf(
          t.dims,
          Array.from(t.data as Float32Array, (x) => Math.floor(x * 128) + middle),
          elem,
        ),
      ];
    }),
  );
}

export async function outputsOf(graph: Graph, seed: number): Promise<number[][]> {
  const { outputs } = await runOnce(graph, "reference", feedsOf(graph, seed));
  return [...outputs.values()].map(numbersOf);
}

/** Runs a pass that has to fire between two checks of the graph, and compares each output on two inputs. */
export async function lowered(
  graph: Graph,
  pass: (g: Graph) => PassResult,
): Promise<{ graph: Graph; error: number }> {
  const result = pass(verify(graph));
  expect(result.changed).toBe(true);
  const after = verify(inferTypes(result.graph));
  expect(after.outputs).toEqual(graph.outputs);
  for (const id of graph.outputs) expect(after.values.get(id)!.type).toEqual(graph.values.get(id)!.type);
  let error = 0;
  for (const seed of [1, 2]) {
    const [now, before] = [await outputsOf(after, seed), await outputsOf(graph, seed)];
    now.forEach((list, i) => {
      const whole = relativeError(list, before[i]!);
      error = Math.max(error, before[i]!.some((x) => x !== 0) ? whole : Math.max(...list.map(Math.abs)));
    });
  }
  return { graph: after, error };
}

export const siteIds = (graph: Graph): string[] => sumSites(graph).map(({ id }) => id);
/** Numbers of few bits, so that two of them add up exactly in binary32. */
export const short = (dims: number[], seed: number): Tensor => {
  const t = randomTensor(dims, seed);
  return { ...t, data: (t.data as Float32Array).map((x) => Math.round(x * 256) / 256) };
};
