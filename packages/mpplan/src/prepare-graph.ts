// From a model's bytes to the graph that is planned and run: import, sizes, standard passes, operands.
import {
  bindDims,
  hasOpenBatch,
  quantizeOperands,
  standardPasses,
  sumSites,
  valueOf,
  valueSites,
  type Dim,
  type Graph,
  type Operands,
  type ValueId,
} from "@mpplan/ir";
import { importOnnx, type ExternalData, type ImportLimits } from "@mpplan/onnx";
import { evaluateNode } from "@mpplan/runtime";

export interface ModelSource {
  readonly bytes: Uint8Array;
  readonly name: string;
  /** Reads weights that are kept beside the model. */
  readonly externalData?: ExternalData | undefined;
  /** True where `bytes` stay as they are and are kept anyway: weights are then views of them where that is possible. */
  readonly keepBytes?: boolean | undefined;
  /** How large the model may be. */
  readonly limits?: Partial<ImportLimits> | undefined;
}

/** The dims of inputs; a sample is one. */
export type Shapes = ReadonlyMap<ValueId, { readonly dims: readonly number[] }>;

/** The graph as the file tells it, nothing changed. */
export function importModel({ bytes, name, externalData, keepBytes = false, limits }: ModelSource): Graph {
  return importOnnx(bytes, {
    name,
    keepBytes,
    ...(externalData && { externalData }),
    ...(limits && { limits }),
  });
}

/**
 * The imported graph for inputs of the sample's dims, simplified, with its operands cast. Where the model leaves its
 * first axis open, so does the graph, unless its sums cannot be told without it.
 */
export function prepareGraph(imported: Graph, sample: Shapes | null, operands: Operands): Graph {
  const dims = new Map([...(sample ?? [])].map(([id, t]) => [id, t.dims]));
  const simplify = (shapes: ReadonlyMap<string, readonly Dim[]>): Graph =>
    standardPasses(bindDims(imported, shapes), evaluateNode);
  const bound = simplify(dims);
  const open = new Map([...dims].map(([id, shape]) => [id, withOpenBatch(imported, id, shape)]));
  const free = [...open.values()].some((shape) => typeof shape[0] !== "number") ? simplify(open) : bound;
  return quantizeOperands(hasOpenBatch(free) && facts(free) === facts(bound) ? free : bound, operands);
}

function withOpenBatch(graph: Graph, id: string, dims: readonly number[]): readonly Dim[] {
  const first = valueOf(graph, id).type?.shape?.[0];
  return dims[0] === 1 && first !== undefined && typeof first !== "number" ? [first, ...dims.slice(1)] : dims;
}

function facts(graph: Graph): string {
  const sums = sumSites(graph).map((site) => ({ ...site, activation: site.activation.name }));
  return JSON.stringify([sums, valueSites(graph)]);
}
