// Models and samples that tests drop: a network of a wanted size, and random inputs for it.
import { tensor } from "@mpplan/ir";
import { writeNpy } from "mpplan";
import pkg from "onnx-proto";

const { onnx } = pkg;
const float32 = onnx.TensorProto.DataType.FLOAT;

/**
 * A chain of MatMuls with ReLU between them, `width` wide; its weights take 4 width^2 bytes each. `last` takes the
 * place of the last ReLU.
 */
export function chainModel(layers: number, width: number, last = "Relu"): Uint8Array {
  return chain(layers, width, (rawData) => ({ rawData }), last);
}

/** The same with its weights in another file, one after another. */
export function externalChain(
  layers: number,
  width: number,
  location: string,
): { model: Uint8Array; weights: Uint8Array } {
  const parts: Uint8Array[] = [];
  const model = chain(layers, width, (bytes) => {
    const entries = { location, offset: String(parts.length * bytes.length), length: String(bytes.length) };
    parts.push(bytes);
    return {
      dataLocation: onnx.TensorProto.DataLocation.EXTERNAL,
      externalData: Object.entries(entries).map(([key, value]) => ({ key, value })),
    };
  });
  return { model, weights: Uint8Array.from(Buffer.concat(parts)) };
}

function chain(
  layers: number,
  width: number,
  kept: (weights: Uint8Array) => object,
  last = "Relu",
): Uint8Array {
  const value = (name: string) => ({
    name,
    type: {
      tensorType: { elemType: float32, shape: { dim: [{ dimParam: "N" }, { dimValue: width }] } },
    },
  });
  const weights = (seed: number): Uint8Array => {
    const data = new Float32Array(width * width);
    let state = seed + 1;
    for (let i = 0; i < data.length; i++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      data[i] = ((state / 2 ** 32 - 0.5) * 3.4) / Math.sqrt(width);
    }
    return new Uint8Array(data.buffer);
  };
  const places = [...Array(layers).keys()];
  return onnx.ModelProto.encode({
    irVersion: 8,
    opsetImport: [{ domain: "", version: 17 }],
    graph: {
      name: "chain",
      node: places.flatMap((i) => [
        { name: `matmul${i}`, opType: "MatMul", input: [`v${i}`, `w${i}`], output: [`s${i}`] },
        {
          name: `relu${i}`,
          opType: i === layers - 1 ? last : "Relu",
          input: [`s${i}`],
          output: [`v${i + 1}`],
        },
      ]),
      input: [value("v0")],
      output: [value(`v${layers}`)],
      initializer: places.map((i) => ({
        name: `w${i}`,
        dims: [width, width],
        dataType: float32,
        ...kept(weights(i)),
      })),
    },
  }).finish();
}

/** That many inputs of the chain, as a .npy file. */
export function chainSamples(count: number, width: number): Uint8Array {
  const data = Float32Array.from({ length: count * width }, (_, i) => Math.sin(i * 12.9898) * 1.5);
  return writeNpy(tensor("float32", [count, width], data));
}
