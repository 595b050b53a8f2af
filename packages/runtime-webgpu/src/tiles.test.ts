// Sums in tiles: which tile is chosen, where columns stand in packed weights, and that every tile gives the bits that a
// component by itself gives, at edges too.
import { accumulatorOf, nodeOf, numbers, type NumbersName } from "@mpplan/testkit";
import { testAdapters } from "@mpplan/testkit/node";
import { tensor, type Accumulator, type Choice, type Node } from "@mpplan/ir";
import { createReferenceBackend, type Kernel, type KernelBackend, type KernelRequest } from "@mpplan/runtime";
import { describe, expect, test } from "vitest";
import { backendOn } from "./backend.js";
import { Device } from "./device.js";
import { packColumns } from "./packing.js";
import { PlannedSums } from "./planned.js";
import { Stream } from "./stream.js";
import { GpuTensor } from "./tensor.js";
import { chooseTile, invocations, single, type Tile } from "./tiles.js";
import { emulatedTiles } from "./wgsl/products.js";

const wide: Tile = { rows: 4, columns: 4 };

test("small products keep an invocation per component", () => {
  expect(chooseTile({ lines: 3, columns: [11] })).toEqual(single);
  expect(chooseTile({ lines: 64, columns: [128] })).toEqual({ rows: 1, columns: 4 });
  expect(chooseTile({ lines: 64, columns: [512] })).toEqual(wide);
});

test("one row takes tiles of columns, one column tiles of rows", () => {
  expect(chooseTile({ lines: 1, columns: [4096] })).toEqual({ rows: 1, columns: 4 });
  expect(chooseTile({ lines: 4096, columns: [1] })).toEqual({ rows: 4, columns: 1 });
  expect(chooseTile({ lines: 3000, columns: new Array<number>(32).fill(1) })).toEqual({
    rows: 4,
    columns: 1,
  });
});

test("tiles are for the most part not empty", () => {
  expect(chooseTile({ lines: 5, columns: [40_000] })).toEqual({ rows: 1, columns: 4 });
  expect(invocations({ lines: 5, columns: [7, 2] }, wide)).toBe(2 * 3);
});

test("columns of a part stand together, each tile within one group", () => {
  const parts = [
    { lanes: [1, 4, 6, 9], tile: single },
    { lanes: [0, 2, 3, 5, 7, 8], tile: wide },
  ];
  const { width, lanes, slots, lists } = packColumns(2, 5, parts);
  expect(width).toBe(8);
  expect(Array.from(lanes!)).toEqual([0, 2, 3, -1, 1, 4, -1, -1, 5, 7, 8, -1, 6, 9, -1, -1]);
  expect(Array.from(slots!)).toEqual([0, 4, 1, 2, 5, 0, 4, 1, 2, 5]);
  expect(lists).toEqual([
    [1, 4, 6, 9],
    [0, 8],
  ]);
  expect(packColumns(2, 5, [{ lanes: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], tile: wide }]).lists).toEqual([null]);
  expect(packColumns(1, 3, [{ lanes: [0, 1, 2], tile: single }]).lanes).toBeNull();
});

interface Sum {
  readonly node: Node;
  readonly dims: readonly (readonly number[] | null)[];
  readonly neurons: number;
}

const gemm = { alpha: 1, beta: 1, transA: 0, transB: 0 };
const sums: Readonly<Record<string, Sum>> = {
  "a Gemm, transposed, with alpha and beta": {
    node: nodeOf("Gemm", 3, { ...gemm, transA: 1, transB: 1, alpha: 0.375, beta: -1.25 }),
    dims: [
      [19, 5],
      [9, 19],
      [5, 9],
    ],
    neurons: 9,
  },
  "one term": {
    node: nodeOf("MatMul", 2),
    dims: [
      [7, 1],
      [1, 5],
    ],
    neurons: 5,
  },
  "no term": { node: nodeOf("Gemm", 3, gemm), dims: [[5, 0], [0, 6], [6]], neurons: 6 },
  "heads of a batch": {
    node: nodeOf("MatMul", 2),
    dims: [
      [2, 3, 5, 9],
      [3, 9, 6],
    ],
    neurons: 3,
  },
  "a grouped convolution of two samples": {
    node: nodeOf("Conv", 3, { auto_pad: "NOTSET", group: 2, pads: [1, 1, 1, 1], strides: [2, 1] }),
    dims: [[2, 4, 5, 5], [10, 2, 3, 3], [10]],
    neurons: 10,
  },
};

/** Those for which one shader does. */
const plain = ["one term", "no term", "heads of a batch"].map((what) => sums[what]!);

const static0 = { mode: "static", use: 0 } as const;

function request(sum: Sum, accumulators: readonly Accumulator[], choices: readonly Choice[]): KernelRequest {
  const ranges = Array.from({ length: sum.neurons }, (_, n) => ({
    ...{ start: n, end: n + 1, choice: choices[n % choices.length]! },
  }));
  const scales = choices.length > 1 && Array.from({ length: sum.neurons }, (_, n) => (n % 3) - 1);
  const decision = { site: "n", neurons: sum.neurons, ranges, ...(scales && { arrangement: { scales } }) };
  return {
    ...{ node: sum.node, accumulators, firstComponent: 0, storage: "binary32", seed: 7 },
    site: { id: "n", node: "n", neurons: sum.neurons } as KernelRequest["site"],
    decision: decision as unknown as KernelRequest["decision"],
  };
}

const inputsOf = ({ dims }: Sum, kind: NumbersName) =>
  dims.map(
    (d, i) =>
      d &&
      tensor(
        "float32",
        d,
        numbers[kind](
          d.reduce((p, n) => p * n, 1),
          11 + i,
        ),
      ),
  );

async function valuesOf(backend: KernelBackend, sum: Sum, kind: NumbersName, asked: KernelRequest) {
  const kernel = backend.kernelFor(asked) as Kernel;
  expect(kernel).toMatchObject({ kind: "kernel" });
  const handles = inputsOf(sum, kind).map((t) => t && backend.upload(t));
  const { outputs } = await kernel.run(handles, { salt: 0, memo: null });
  return Array.from(((await backend.download(outputs[0]!)) as { data: Float32Array }).data);
}

const blocked = { kind: "blocked", block: 8 } as const;
const quick: readonly Accumulator[] = [
  accumulatorOf({ order: blocked }),
  accumulatorOf({ format: "binary16", product: "rounded", overflow: "infinity" }),
  accumulatorOf({
    format: "bfloat16",
    overflow: "infinity",
    order: { kind: "chunked", chunk: 3, outer: "binary32" },
  }),
  accumulatorOf({ format: "tf32", product: "fma-f32" }),
  accumulatorOf({ format: "binary32", product: "fma", overflow: "infinity", order: blocked }),
];
const kinds = ["network", "few", "ties", "wide", "subnormal", "large", "special"] as const;

for (const { name, missing, gpu } of testAdapters()) {
  describe.skipIf(missing !== null)(`${name}${missing ? `: skipped: ${missing}` : ""}`, () => {
    const opened = async (tile: Tile) => {
      const device = await Device.open({ gpu: gpu() });
      return { device, backend: backendOn(new Stream(device), null, () => tile) };
    };

    for (const accumulator of quick) {
      const { format, product } = accumulator;
      test(`tiles of ${format} sums, ${product}, are the reference's bits on numbers of every kind`, async () => {
        const { device, backend } = await opened(wide);
        const reference = createReferenceBackend();
        for (const kind of kinds) {
          for (const sum of plain) {
            const asked = request(sum, [accumulator], [static0]);
            const is = await valuesOf(backend, sum, kind, asked);
            expect(is, kind).toEqual(await valuesOf(reference, sum, kind, asked));
          }
        }
        device.destroy();
      });
    }

    test("every tile gives the same bits for lists of scaled columns, static and dynamic", async () => {
      const accumulators = [
        quick[0]!,
        accumulatorOf({ format: "binary16" }),
        accumulatorOf({ product: "fma" }),
      ];
      const kappa = { rule: "kappa", tau: 1.5, activation: "relu" } as const;
      const choices: Choice[] = [
        static0,
        { mode: "static", use: 2 },
        { mode: "static", use: 1 },
        { mode: "dynamic", low: 0, high: 1, test: kappa },
      ];
      const reference = createReferenceBackend();
      const [gemms, convolutions] = Object.entries(sums).filter(([what]) => /Gemm|convolution/.test(what));
      for (const [tile, some] of [
        [wide, [gemms!, convolutions!]],
        [{ rows: 1, columns: 4 }, [convolutions!]],
        [{ rows: 4, columns: 1 }, [gemms!]],
      ] as const) {
        const { device, backend } = await opened(tile);
        for (const [what, sum] of some) {
          const asked = request(sum, accumulators, choices);
          const is = await valuesOf(backend, sum, "network", asked);
          expect(is, what).toEqual(await valuesOf(reference, sum, "network", asked));
        }
        device.destroy();
      }
    });

    test("ordinary operands need no second look, others do", async () => {
      const device = await Device.open({ gpu: gpu() });
      const stream = new Stream(device);
      const sum = sums["a Gemm, transposed, with alpha and beta"]!;
      // The sums of the queue are all the same number here: where it shows, the queue was used.
      const mark =
        "fn sum_terms(n: u32) -> u32 { return 0u; } fn finish(s: u32, b: u32) -> u32 { return 0x4640e400u; }";
      const queued = async (accumulator: Accumulator, kind: NumbersName): Promise<number> => {
        const writer = { label: "none", sums: () => mark, tiles: emulatedTiles(accumulator)!, draws: false };
        const planned = new PlannedSums(stream, request(sum, [accumulator], [static0]), {
          ...{ writerFor: () => writer, exact: true, lasts: () => false, chooseTile: () => wide },
        });
        const handles = inputsOf(sum, kind).map((t) => t && GpuTensor.onHost(t));
        const [output] = planned.run(handles, { salt: 0, memo: null }).outputs;
        const { data } = await (output as GpuTensor).download(stream);
        return Array.from(data as Float32Array).filter((x) => x === 12345).length / data.length;
      };
      expect(await queued(quick[0]!, "network")).toBe(0);
      expect(await queued(quick[0]!, "special")).toBe(1);
      // Products of 24 bits each are not exact; those of few bits are.
      expect(await queued(quick[3]!, "network")).toBe(1);
      expect(await queued(quick[3]!, "few")).toBe(0);
      expect(await queued(quick[2]!, "network")).toBe(0);
      expect(await queued(quick[2]!, "subnormal")).toBe(1);
      device.destroy();
    });
  });
}
