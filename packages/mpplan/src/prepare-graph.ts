// From a model's bytes to the graph that is planned and run: import, sizes, standard passes, operands.
import {
  bindDims,
  quantizeOperands,
  standardPasses,
  type Graph,
  type Operands,
  type Sample,
} from "@mpplan/ir";
import { importOnnx } from "@mpplan/onnx";
import { evaluateNode } from "@mpplan/runtime";

export interface ModelSource {
  readonly bytes: Uint8Array;
  readonly name: string;
  /** Reads weights that are kept beside the model. */
  readonly externalData?: ((location: string) => Uint8Array) | undefined;
}

/** The graph as the file tells it, nothing changed. */
export function importModel({ bytes, name, externalData }: ModelSource): Graph {
  return importOnnx(bytes, { name, ...(externalData && { externalData }) });
}

/** The imported graph for inputs of the sample's dims, simplified, with its operands cast. */
export function prepareGraph(imported: Graph, sample: Sample | null, operands: Operands): Graph {
  const dims = new Map([...(sample ?? [])].map(([id, t]) => [id, t.dims]));
  return quantizeOperands(standardPasses(bindDims(imported, dims), evaluateNode), operands);
}
