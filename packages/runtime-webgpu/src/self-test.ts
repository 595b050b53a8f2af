// What an adapter must show at start-up before its arithmetic counts as exact: products, sums and casts of chosen
// numbers, and whole sums in two accumulators, all of them the reference's bits.
import { binary16, formatNamed, roundingConstants, roundNearestEven, seededRandom } from "@mpplan/formats";
import { sizeOf, tensor, type Accumulator, type Node, type Tensor } from "@mpplan/ir";
import { createReferenceBackend, type Kernel, type KernelRequest, type KernelResult } from "@mpplan/runtime";
import { PlannedSums } from "./planned.js";
import type { Shader } from "./shader.js";
import type { Stream } from "./stream.js";
import { GpuTensor } from "./tensor.js";
import { withArithmetic } from "./wgsl/float.js";
import { emulated, emulatedTiles } from "./wgsl/products.js";
import { roundFunction } from "./wgsl/round.js";

const formats = ["ieee-e4m3", binary16.name, "bfloat16"] as const;

/** What the arithmetic shader computes of a pair, in its order. */
const results = ["product", "sum", ...formats.map((name) => `cast to ${name}`)] as const;

const arithmeticShader: Shader = {
  label: "self-test",
  buffers: { x: "read u32", y: "read u32", found: "write u32" },
  params: ["zero"],
  functions: withArithmetic(
    [
      ...formats.map((name, i) => roundFunction(`cast${i}`, formatNamed(name), "infinity")),
      "fn product(a: u32, b: u32) -> u32 { return multiply(a, b); }",
      "fn sum(a: u32, b: u32) -> u32 { return add(a, b); }",
    ].join("\n"),
  ),
  body: `  found[id * ${results.length}u] = product(x[id], y[id]);
  found[id * ${results.length}u + 1u] = sum(x[id], y[id]);
${formats.map((_, i) => `  found[id * ${results.length}u + ${i + 2}u] = cast${i}(x[id]);`).join("\n")}`,
};

const accumulators: readonly Accumulator[] = [
  {
    ...{ format: "ieee-e4m3", order: { kind: "blocked", block: 8 }, product: "f32-add" },
    ...{ rounding: "nearest-even", overflow: "saturate" },
  },
  {
    ...{ format: "bfloat16", order: { kind: "sequential" }, product: "fma" },
    ...{ rounding: "nearest-even", overflow: "infinity" },
  },
];

/** Why sums on this adapter would not be the reference's, with an example; null where they are. */
export async function selfTest(stream: Stream): Promise<string | null> {
  return (await wrongArithmetic(stream)) ?? (await wrongSums(stream));
}

async function wrongArithmetic(stream: Stream): Promise<string | null> {
  const [a, b] = pairs();
  const made = [a, b].map((t) => GpuTensor.onHost(t));
  const bytes = a.data.length * results.length * 4;
  const found = { buffer: stream.pool.take(bytes), bytes };
  stream.dispatch(arithmeticShader, [...made.map((t) => t.bound(stream)), found], [0], a.data.length);
  const floats = new Float32Array(await stream.readLater(found)());
  stream.pool.give(found.buffer);
  made.forEach((t) => t.free(stream));
  const casts = formats.map((name) => roundingConstants(formatNamed(name), "infinity"));
  for (let i = 0; i < a.data.length; i++) {
    const [x, y] = [a.data[i] as number, b.data[i] as number];
    const expected = [Math.fround(x * y), Math.fround(x + y), ...casts.map((c) => roundNearestEven(x, c))];
    for (const [k, right] of expected.entries()) {
      const is = floats[i * results.length + k]!;
      // Zeros have no sign in a sum.
      if (Object.is(is, right) || (is === 0 && right === 0)) continue;
      return `this adapter's arithmetic is not exact: the ${results[k]!} of ${x} and ${y} is ${is}, not ${right}`;
    }
  }
  return null;
}

/** Numbers of every kind against each other: ties, subnormal, huge and special ones. */
function pairs(): [Tensor, Tensor] {
  const special = [
    0,
    -0,
    1,
    -1,
    0.1,
    240,
    248,
    65504,
    65520,
    3.4e38,
    2 ** -24,
    2 ** -126,
    2 ** -149,
    1e-40,
    -1e-39,
  ];
  const all = [...special, Infinity, -Infinity, NaN];
  const random = seededRandom(1);
  const word = new Uint32Array(1);
  const float = new Float32Array(word.buffer);
  const anything = (): number => {
    word[0] = (random() << 8) ^ random();
    return float[0]!;
  };
  const near = (): number => (random() / 2 ** 24 - 0.5) * 2 ** ((random() % 24) - 14);
  const a = all.flatMap((x) => all.map(() => x));
  const b = all.flatMap(() => all);
  for (let i = 0; i < 1024; i++) {
    a.push(i % 2 ? anything() : near());
    b.push(i % 2 ? anything() : near());
  }
  return [
    tensor("float32", [a.length], Float32Array.from(a)),
    tensor("float32", [b.length], Float32Array.from(b)),
  ];
}

async function wrongSums(stream: Stream): Promise<string | null> {
  const random = seededRandom(2);
  const make = (...dims: number[]): Tensor =>
    tensor(
      "float32",
      dims,
      Float32Array.from({ length: sizeOf(dims) }, () => random() / 2 ** 23 - 1),
    );
  const inputs = [make(4, 96), make(96, 16), make(16)];
  const tried = accumulators.flatMap((accumulator) => {
    const tiles = emulatedTiles(accumulator);
    return [null, ...(tiles ? [tiles] : [])].map((how) => ({ accumulator, tiles: how }));
  });
  for (const { accumulator, tiles } of tried) {
    const request = requestFor(accumulator);
    const own = new PlannedSums(stream, request, {
      writerFor: () => ({ label: "self-test sums", sums: emulated(accumulator), tiles, draws: false }),
      exact: true,
      lasts: () => false,
      chooseTile: () => ({ rows: 4, columns: 4 }),
    });
    const handles = inputs.map((t) => GpuTensor.onHost(t));
    const output = own.run(handles, { salt: 0, memo: null }).outputs[0] as GpuTensor;
    const is = (await output.download(stream)).data;
    const right = await referenceSums(request, inputs);
    [...handles, output].forEach((t) => t.free(stream));
    const wrong = Array.from(right).findIndex((x, i) => !Object.is(x, is[i]));
    if (wrong >= 0) {
      return `this adapter's sums are not exact: in ${accumulator.format} one is ${String(is[wrong])}, not ${right[wrong]!}`;
    }
  }
  return null;
}

async function referenceSums(request: KernelRequest, inputs: readonly Tensor[]): Promise<Float64Array> {
  const reference = createReferenceBackend();
  const kernel = reference.kernelFor(request) as Kernel;
  const result: KernelResult = await kernel.run(
    inputs.map((t) => reference.upload(t)),
    { salt: 0, memo: null },
  );
  return (result.outputs[0] as Tensor).data as Float64Array;
}

function requestFor(accumulator: Accumulator): KernelRequest {
  const neurons = 16;
  const node: Node = {
    ...{ id: "self-test", op: "Gemm", inputs: ["x", "w", "b"], outputs: ["y"] },
    attrs: { alpha: 1, beta: 1, transA: 0, transB: 0 },
    origin: { name: "self-test", opType: "Gemm", domain: "", opset: 13 },
  };
  const site = { id: node.id, node: node.id, op: "Gemm", neurons } as unknown as KernelRequest["site"];
  const choice = { mode: "static", use: 0 } as const;
  const decision = {
    ...{ site: node.id, op: "Gemm", neurons, length: 96, macs: 0, because: "the self-test" },
    ranges: [{ start: 0, end: neurons, choice }],
  };
  return {
    node,
    site,
    decision,
    accumulators: [accumulator],
    firstComponent: 0,
    storage: "binary32",
    seed: 0,
  };
}
