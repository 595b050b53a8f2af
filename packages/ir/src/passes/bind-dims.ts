// Gives symbolic and unknown dimensions of the inputs a size, and works out every type anew.
import type { Graph } from "../graph.js";
import { valueOf } from "../graph.js";
import type { Dim } from "../types.js";
import { inferTypes } from "./pass.js";

/** The graph for inputs of these dims, some of which may stay open. An input that is not named keeps its type. */
export function bindDims(graph: Graph, dims: ReadonlyMap<string, readonly Dim[]>): Graph {
  const values = new Map(graph.values);
  for (const id of graph.inputs) {
    const shape = dims.get(id);
    const value = valueOf(graph, id);
    if (shape) values.set(id, { ...value, type: { elem: value.type?.elem ?? "float32", shape } });
  }
  return inferTypes({ ...graph, values });
}
