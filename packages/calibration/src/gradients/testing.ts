// For tests only: sensitivities by moving a value and running the rest of the network again.
import type { Graph, Sample, Tensor, ValueId } from "@mpplan/ir";
import { createExecutor, createReferenceBackend } from "@mpplan/runtime";
import type { Task } from "../metrics.js";

const executor = createExecutor(createReferenceBackend());

/** All the values of one exact run. */
export async function valuesOf(graph: Graph, feeds: Sample): Promise<Map<ValueId, Tensor>> {
  const values = new Map<ValueId, Tensor>();
  const session = await executor.prepare(graph, "reference");
  await session.run(feeds, { observe: (id, value) => values.set(id, value) });
  return values;
}

/** z: all the outputs one after another; rows less their mean for a classifier. */
function networkOutputs(outputs: ReadonlyMap<ValueId, Tensor>, task: Task): number[] {
  return [...outputs.values()].flatMap(({ data, dims }) => {
    const list = Array.from(data as Float64Array);
    if (task === "values") return list;
    const width = dims.at(-1)!;
    return list.map((x, i) => {
      const from = i - (i % width);
      return x - list.slice(from, from + width).reduce((a, b) => a + b, 0) / width;
    });
  });
}

/**
 * ||dz / dh_i||^2 for these elements of the value h (all of them if not said), by central differences of the rest of
 * the network: every reader of h is given h moved by 1e-5.
 */
export async function squaresByDifferences(
  graph: Graph,
  feeds: Sample,
  h: ValueId,
  task: Task,
  elements?: readonly number[],
): Promise<number[]> {
  const session = await executor.prepare(graph, "reference");
  const exact = (await valuesOf(graph, feeds)).get(h)!;
  const step = 1e-5;
  const at = async (i: number, by: number): Promise<number[]> => {
    const data = Float64Array.from(exact.data as Float64Array);
    data[i]! += by;
    const moved = { ...exact, data };
    const outputs = await session.run(feeds, { given: (id) => (id === h ? moved : undefined) });
    if (outputs.has(h)) outputs.set(h, moved);
    return networkOutputs(outputs, task);
  };
  const result: number[] = [];
  for (const i of elements ?? exact.data.keys()) {
    const [up, down] = [await at(i, step), await at(i, -step)];
    result.push(up.reduce((sum, y, c) => sum + ((y - down[c]!) / (2 * step)) ** 2, 0));
  }
  return result;
}
