// Gives symbolic and unknown dimensions of the inputs a size, and works out every type anew.
import type { Graph } from "../graph.js";
import { valueOf } from "../graph.js";
import { inferTypes } from "./pass.js";

/** The graph for inputs of exactly these dims. An input that is not named keeps its type. */
export function bindDims(graph: Graph, dims: ReadonlyMap<string, readonly number[]>): Graph {
  const values = new Map(graph.values);
  for (const id of graph.inputs) {
    const shape = dims.get(id);
    const value = valueOf(graph, id);
    if (shape) values.set(id, { ...value, type: { elem: value.type?.elem ?? "float32", shape } });
  }
  return inferTypes({ ...graph, values });
}
