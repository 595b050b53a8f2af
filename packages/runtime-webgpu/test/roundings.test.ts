// Sums in every mode of rounding, order and width that integers carry: the reference's bits on numbers of every kind
// against numbers of every kind, and every number of binary16 against chosen ones.
import { binary16, decode } from "@mpplan/formats";
import { printAccumulator, tensor, type Accumulator, type Tensor } from "@mpplan/ir";
import { accumulatorOf, nodeOf, numbers, type NumbersName } from "@mpplan/testkit";
import { checkSums } from "@mpplan/testkit/checks";
import { testAdapters } from "@mpplan/testkit/node";
import { afterAll, beforeAll, describe, test } from "vitest";
import { createWebGpuBackend, type WebGpuBackend } from "../src/index.js";
import { ofKinds } from "./every-kind.js";

const towardZero = (change: Partial<Accumulator>): Accumulator =>
  accumulatorOf({ rounding: "toward-zero", overflow: "infinity", ...change });
const stochastic = (change: Partial<Accumulator>): Accumulator =>
  accumulatorOf({ rounding: "stochastic", overflow: "infinity", ...change });
const blocked = { kind: "blocked", block: 8 } as const;
const pairwise = { kind: "pairwise" } as const;
const aligned = (group: number, bits: number) => ({ kind: "aligned", group, bits }) as const;

const accumulators: readonly Accumulator[] = [
  towardZero({ format: "binary32", product: "fma", order: pairwise }),
  towardZero({ format: "binary32", product: "rounded", order: blocked }),
  towardZero({ format: "binary32" }),
  towardZero({ format: "bfloat16", product: "rounded" }),
  towardZero({ format: "ocp-e4m3", product: "f32-add" }),
  towardZero({
    format: "binary16",
    product: "fma-f32",
    order: { kind: "chunked", chunk: 5, outer: "e8m22" },
  }),
  stochastic({ format: "binary16", product: "fma", order: pairwise }),
  stochastic({ format: "ieee-e4m3", product: "rounded", order: blocked, overflow: "saturate" }),
  stochastic({ format: "bfloat16", product: "f32-add" }),
  stochastic({ format: "binary32", product: "fma" }),
  accumulatorOf({ format: "e8m22", product: "fma", overflow: "infinity" }),
  accumulatorOf({ format: "e8m22", order: blocked, overflow: "infinity" }),
  accumulatorOf({ format: "e5m22", product: "rounded", order: pairwise }),
  accumulatorOf({ format: "e5m23", product: "fma", order: blocked }),
  accumulatorOf({ format: "e5m23", product: "rounded" }),
  accumulatorOf({ format: "e5m23" }),
  accumulatorOf({ format: "binary32", order: aligned(32, 14), overflow: "infinity" }),
  accumulatorOf({ format: "binary32", product: "fma", order: aligned(5, 40), overflow: "infinity" }),
  towardZero({ format: "bfloat16", product: "rounded", order: aligned(16, 24) }),
  stochastic({ format: "binary16", product: "fma", order: aligned(8, 10) }),
];

const kinds = Object.keys(numbers) as NumbersName[];
const length = 37;
const rows = ofKinds(kinds, 2 * kinds.length, length, 1);
const columns = ofKinds(kinds, kinds.length, length, 100);
const biases = { ...ofKinds(kinds, kinds.length, 1, 200), dims: [kinds.length] };

function float(dims: readonly number[], data: readonly number[]): Tensor {
  return tensor("float32", dims, Float32Array.from(data));
}

/** Four terms each: a number of binary16, and three that make ties, cancel it, or are far below it. */
const halves = Array.from({ length: 2 ** 16 }, (_, code) => decode(code, binary16));
const everyHalf = float(
  [halves.length, 4],
  halves.flatMap((x, i) => [x, (i % 7) * 0.125, i % 3 ? -x : 2 ** -(i % 60), 0.1]),
);
const chosen = float(
  [4, 4],
  [
    [1, 0.7, 2 ** -11, -3e-5],
    [1, -1, 0.3, 2 ** -24],
    [0.999, 1, 1, 1e-7],
    [1e-3, 0, 0, 1],
  ].flat(),
);

for (const { name, missing, gpu } of testAdapters()) {
  describe.skipIf(missing !== null)(`${name}${missing ? `: skipped: ${missing}` : ""}`, () => {
    let backend: WebGpuBackend;
    beforeAll(async () => {
      backend = await createWebGpuBackend({ gpu: gpu() });
    });
    afterAll(() => backend?.dispose());

    const sameBits = (
      what: string,
      accumulator: Accumulator,
      inputs: Tensor[],
      attrs: object,
    ): Promise<void> => {
      const neurons = inputs[1]!.dims[attrs["transB" as keyof typeof attrs] === 1 ? 0 : 1]!;
      const ranges = [{ start: 0, end: neurons, choice: { mode: "static", use: 0 } as const }];
      const node = nodeOf("Gemm", inputs.length, { alpha: 1, beta: 1, transA: 0, ...attrs });
      return checkSums(
        backend,
        { name: what, node, inputs, neurons, accumulators: [accumulator], ranges },
        [],
      );
    };

    test.each(accumulators.map((a) => [printAccumulator(a), a] as const))("%s", (what, accumulator) =>
      sameBits(what, accumulator, [rows, columns, biases], { alpha: Math.fround(0.7), beta: -3, transB: 1 }),
    );

    test.each(
      [
        towardZero({ format: "binary16", product: "fma" }),
        towardZero({ format: "binary16", product: "f32-add", overflow: "saturate" }),
        stochastic({ format: "binary16", product: "fma" }),
      ].map((a) => [printAccumulator(a), a] as const),
    )("every number of binary16 in %s", (what, accumulator) =>
      sameBits(what, accumulator, [everyHalf, chosen], { transB: 0 }),
    );
  });
}
