// The models that are run on WebGPU, small enough for adapters that are software, and what is fed to them.
import { readFileSync } from "node:fs";
import path from "node:path";
import { isFloat, tensor, type Graph, type Sample } from "@mpplan/ir";
import { randomNumbers } from "../../../ir/src/testing.js";
import { sharedData } from "../../../../tools/shared-data.js";
import { importModel, prepareGraph } from "../../src/prepare-graph.js";
import { models } from "../support.js";

export interface Model {
  readonly name: string;
  /** Null where the shared data is missing. */
  readonly file: string | null;
  /** Sizes for symbolic dims, input by input. */
  readonly dims?: readonly (readonly number[])[];
}

const fixture = (name: string): Model => ({ name, file: path.join(models, name, "model.onnx") });
const shared = (name: string, rest: Partial<Model> = {}): Model => ({
  name,
  file: sharedData("models", `${name}.onnx`),
  ...rest,
});

export const modelList: readonly Model[] = [
  ...["fashion-bn", "paper-relu", "paper-tanh", "sigmoid", "sparse-deep", "tiny"].map(fixture),
  shared("cifar_base_kw"),
  shared("marabou_cnn_max_mninst2"),
  shared("marabou_mnist5x20_leaky_relu"),
  shared("mnist-8-cntk"),
  shared("marabou_self-attention-mnist-pgd-medium-sim"),
  shared("ch_ppocr_mobile_v2.0_cls_infer", { dims: [[1, 3, 48, 64]] }),
  shared("silero_vad_16k_op15", { dims: [[1, 512], [2, 1, 128], []] }),
  shared("ultraface_rfb320"),
];

/** The graph as sessions run it, weights and activations rounded, and one sample of numbers from a seed. */
export function openFor(model: Model): { graph: Graph; sample: Sample } {
  const imported = importModel({ bytes: readFileSync(model.file!), name: model.name });
  const sample = sampleFor(imported, model);
  return { graph: prepareGraph(imported, sample, { weights: "ieee-e4m3", activations: null }), sample };
}

function sampleFor(graph: Graph, { dims }: Model): Sample {
  return new Map(
    graph.inputs.map((id, i) => {
      const type = graph.values.get(id)!.type!;
      const shape = dims?.[i] ?? type.shape!.map((d) => (typeof d === "number" ? d : 1));
      const count = shape.reduce((product, d) => product * d, 1);
      if (!isFloat(type.elem)) return [id, tensor("int64", shape, BigInt64Array.of(16000n))];
      return [id, tensor("float32", shape, randomNumbers(count, 5 + i))];
    }),
  );
}
