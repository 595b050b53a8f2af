// Sums of all kinds of numbers in all kinds of accumulators: the same bits as the reference backend's.
import { tensor, type Accumulator, type ProductRule, type SumOrder } from "@mpplan/ir";
import { createReferenceBackend } from "@mpplan/runtime";
import { expect, test } from "vitest";
import { backendOn } from "./backend.js";
import { nodeWorkers } from "./node.js";
import { Shared } from "./shared.js";
import { accumulatorOf, differences, nodeOf, numbers, runSums, type NumbersName } from "@mpplan/testkit";

const shared = new Shared();
const cpu = backendOn(shared);
/** Two threads that share out whatever there is, however little. */
const two = new Shared(2, nodeWorkers(), 1);
const threaded = backendOn(two);
const reference = createReferenceBackend();

const products: ProductRule[] = ["f32-add", "rounded", "fma", "fma-f32"];
const orders: SumOrder[] = [
  { kind: "sequential" },
  { kind: "blocked", block: 8 },
  { kind: "blocked", block: 3 },
  { kind: "chunked", chunk: 16, outer: "binary32" },
  { kind: "chunked", chunk: 5, outer: "binary16" },
  { kind: "chunked", chunk: 5, outer: "bfloat16" },
];
const formats = [
  ...["ieee-e4m3", "ocp-e4m3", "ocp-e5m2", "binary16", "bfloat16", "tf32", "binary32", "e2m1", "e2m3"],
  ...["e5m6", "e8m13", "e6m17", "e5m21", "e7m22"],
];
const operands: [NumbersName, NumbersName][] = [
  ["network", "positive"],
  ["few", "few"],
  ["ties", "ties"],
  ["full", "few"],
  ["full", "wide"],
  ["wide", "wide"],
  ["cancelling", "ties"],
  ["tiny", "tiny"],
  ["subnormal", "full"],
  ["subnormal", "huge"],
  ["large", "full"],
  ["large", "large"],
  ["huge", "wide"],
  ["huge", "huge"],
  ["special", "network"],
  ["few", "special"],
  ["zeros", "full"],
];

function check(a: Accumulator, [w, h]: [NumbersName, NumbersName], rows: number, seed: number): number {
  const [length, columns] = [61, 19];
  const inputs = [
    tensor("float32", [rows, length], numbers[h](rows * length, seed)),
    tensor("float32", [columns, length], numbers[w](columns * length, seed + 1)),
    tensor("float32", [columns], numbers[h](columns, seed + 2)),
  ];
  const node = nodeOf("Gemm", 3, { transA: 0, transB: 1, alpha: 1, beta: 1 });
  // Every third time some components only, computed again from gathered columns.
  const random = { rule: "random", share: 0.3, seed } as const;
  const choice =
    seed % 3 === 0
      ? ({ mode: "dynamic", low: 1, high: 0, test: random } as const)
      : ({ mode: "static", use: 0 } as const);
  const all = [{ start: 0, end: columns, choice }];
  const used = [a, accumulatorOf({ format: "binary32", overflow: "infinity" })];
  const expected = runSums(reference, node, inputs, columns, used, all);
  for (const backend of [cpu, threaded]) {
    const actual = runSums(backend, node, inputs, columns, used, all);
    expect(
      differences(actual.values, expected.values),
      `${JSON.stringify(a)} of ${w} x ${h}, ${rows} rows`,
    ).toEqual([]);
    expect(actual.executed).toEqual(expected.executed);
  }
  return rows * length * columns;
}

for (const product of products) {
  test(`${product} sums are the reference's, in every format, order and overflow rule`, () => {
    let macs = 0;
    let seed = 1;
    for (const [f, format] of formats.entries()) {
      for (const [o, order] of orders.entries()) {
        for (const overflow of ["saturate", "infinity"] as const) {
          const a = accumulatorOf({ format, order, product, overflow });
          for (const [i, pair] of operands.entries()) {
            // Half of the operands, not the same half every time.
            if ((f + o + i) % 2 === 0) macs += check(a, pair, ++seed % 5 === 0 ? 1 : 6, seed);
          }
        }
      }
    }
    expect(macs).toBeGreaterThan(3e6);
  });
}

test("binary64 sums are the reference's", () => {
  for (const overflow of ["saturate", "infinity"] as const) {
    for (const order of [orders[0]!, orders[1]!]) {
      for (const product of products) {
        const a = accumulatorOf({ format: "binary64", order, product, overflow });
        for (const pair of operands) for (const rows of [1, 6]) check(a, pair, rows, 5);
      }
    }
  }
});

test("a sum just below a tie, which binary64 takes for the tie, is not rounded up", () => {
  for (const [format, bit] of [
    ["binary16", 2 ** -10],
    ["binary32", 2 ** -23],
  ] as const) {
    const a = accumulatorOf({ format, product: format === "binary16" ? "fma" : "fma-f32" });
    for (const rows of [1, 6]) {
      // (1 + 2^-23)(1 - 2^-23) half a unit: 2^-47 less than half a unit.
      const w = Float32Array.from({ length: 60 }, (_, i) => (i % 2 ? ((1 + 2 ** -23) * bit) / 2 : 1 + bit));
      const h = Float32Array.from({ length: 2 * rows }, (_, i) => (i % 2 ? 1 - 2 ** -23 : 1));
      const inputs = [tensor("float32", [rows, 2], h), tensor("float32", [30, 2], w)];
      const node = nodeOf("Gemm", 2, { transA: 0, transB: 1, alpha: 1, beta: 1 });
      const all = [{ start: 0, end: 30, choice: { mode: "static", use: 0 } as const }];
      for (const backend of [cpu, reference]) {
        const { values } = runSums(backend, node, inputs, 30, [a], all);
        expect(new Set(Array.from(values)), backend.name).toEqual(new Set([1 + bit]));
      }
    }
  }
});

test("every kernel of the wasm module was among them", () => {
  expect(Math.min(...two.crew!.taskCounts)).toBeGreaterThan(100);
  const names = Object.keys(shared.memory.wasm).filter((name) => /^(matrix|vector|gathered)/.test(name));
  expect(names.filter((name) => !shared.sums.used.has(name))).toEqual([]);
  expect(names.length).toBeGreaterThan(50);
});
