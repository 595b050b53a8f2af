// Models of other people's making: what imports, with which sums, and what is refused and how it is said.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { bodiesOf, printType, verify } from "@mpplan/ir";
import { describe, expect, test } from "vitest";
import { annotate, annotations, importOnnx, nodeIndex } from "../src/index.js";
import { sharedData } from "./model-builder.js";

const read = (file: string) => readFileSync(join(sharedData(), file));

describe.skipIf(!existsSync(join(sharedData(), "models")))("real models", () => {
  test.each([
    ["models-trained/mnist_mlp_512_256.onnx", 6, "float32[N, 10]"],
    ["models-trained/mnist_mlp_tanh_8x64.onnx", 18, "float32[N, 10]"],
    ["models-trained/fashion_cnn_bn.onnx", 10, "float32[N, 10]"],
    ["models/mnist-8-cntk.onnx", 12, "float32[1, 10]"],
    ["models/cifar_base_kw.onnx", 13, "float32[1, 10]"],
    ["models/marabou_mnist5x20_leaky_relu.onnx", 14, "float32[batch_size, 10]"],
    ["models/marabou_cnn_max_mninst2.onnx", 13, "float32[N, 10]"],
    ["models/marabou_self-attention-mnist-pgd-medium-sim.onnx", 50, "float32[1, 10]"],
    ["models/ch_ppocr_mobile_v2.0_cls_infer.onnx", 221, "float32[p2o.DynamicDimension.3, 2]"],
    ["models/ultraface_rfb320.onnx", 211, "float32[1, 4420, 2]"],
  ])("%s has %i nodes and yields %s", (file, nodes, type) => {
    const bytes = read(file);
    const graph = verify(importOnnx(bytes));
    expect(graph.nodes).toHaveLength(nodes);
    expect(printType(graph.values.get(graph.outputs[0]!)!.type)).toBe(type);

    // Every node's id finds its place in the file, and the file takes notes.
    const last = graph.nodes.at(-1)!.id;
    expect(nodeIndex(bytes).has(last)).toBe(true);
    const noted = annotate(bytes, new Map([[last, { note: "here" }]]));
    expect(annotations(noted).nodes.get(last)!.get("note")).toBe("here");
    expect(verify(importOnnx(noted)).nodes).toEqual(graph.nodes);
  });

  test("silero_vad_16k_op15, with its recurrent cells and conditions, imports", () => {
    const graph = verify(importOnnx(read("models/silero_vad_16k_op15.onnx")));
    // One network per sample rate, each in a branch.
    const choices = graph.nodes.filter((node) => node.op === "If");
    const inside = choices.flatMap((node) => bodiesOf(node)).flatMap(({ graph: body }) => body.nodes);
    expect(inside.some((node) => node.op === "LSTM" || node.op === "If")).toBe(true);
  });
});
