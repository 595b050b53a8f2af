// onnxruntime-web, wasm, one thread: a model of one node, its weights inside.
import proto from "onnx-proto";
import * as ort from "onnxruntime-web";
import type { Contender } from "../harness.js";
import type { Workload } from "../workloads.js";

const { onnx } = proto;

export async function ortWeb(w: Workload): Promise<Contender> {
  ort.env.wasm.numThreads = 1;
  ort.env.logLevel = "error";
  const session = await ort.InferenceSession.create(modelOf(w), { executionProviders: ["wasm"] });
  const x = new ort.Tensor("float32", w.input.data as Float32Array, w.input.dims);
  return {
    name: "onnxruntime-web, 1 thread",
    macs: w.site.macs,
    run: async () => {
      await session.run({ x });
    },
  };
}

function modelOf(w: Workload): Uint8Array {
  const float = onnx.TensorProto.DataType.FLOAT;
  const info = (name: string, dims: readonly number[]) => ({
    name,
    type: { tensorType: { elemType: float, shape: { dim: dims.map((dimValue) => ({ dimValue })) } } },
  });
  const data = w.weights.data as Float32Array;
  const attribute = Object.entries(w.node.attrs).map(([name, value]) =>
    typeof value === "number"
      ? { name, type: onnx.AttributeProto.AttributeType.INT, i: value }
      : typeof value === "string"
        ? { name, type: onnx.AttributeProto.AttributeType.STRING, s: new TextEncoder().encode(value) }
        : { name, type: onnx.AttributeProto.AttributeType.INTS, ints: value as number[] },
  );
  const y =
    w.node.op === "MatMul"
      ? [w.input.dims[0]!, w.weights.dims[1]!]
      : [1, w.weights.dims[0]!, ...w.input.dims.slice(2)];
  const raw = {
    name: "w",
    dims: [...w.weights.dims],
    dataType: float,
    rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  };
  return onnx.ModelProto.encode(
    onnx.ModelProto.create({
      irVersion: 8,
      opsetImport: [{ domain: "", version: 17 }],
      graph: {
        name: "one",
        node: [{ opType: w.node.op, input: ["x", "w"], output: ["y"], attribute }],
        initializer: [raw],
        input: [info("x", w.input.dims)],
        output: [info("y", y)],
      },
    }),
  ).finish();
}
