// Every accumulator's code is whole: no driver is asked, so all of them can be tried.
import { printAccumulator, type Accumulator, type SumOrder } from "@mpplan/ir";
import { accumulatorOf } from "@mpplan/testkit";
import { expect, test } from "vitest";
import { wgslOf } from "../shader.js";
import { emulated, productShader } from "./products.js";
import { problemWith } from "./sum.js";

const formats = ["ieee-e4m3", "binary16", "bfloat16", "e5m22", "e8m22", "e5m23", "binary32"];
const orders: readonly SumOrder[] = [
  { kind: "sequential" },
  { kind: "pairwise" },
  { kind: "blocked", block: 8 },
  { kind: "chunked", chunk: 4, outer: "e8m22" },
  { kind: "chunked", chunk: 4, outer: "binary32" },
  { kind: "aligned", group: 8, bits: 20 },
];
const products = ["fma", "fma-f32", "rounded", "f32-add"] as const;
const roundings = ["nearest-even", "toward-zero", "stochastic"] as const;

const all: Accumulator[] = formats.flatMap((format) =>
  orders.flatMap((order) =>
    products.flatMap((product) =>
      roundings.map((rounding) => accumulatorOf({ format, order, product, rounding })),
    ),
  ),
);

/** Functions and types of WGSL's own that sums use. */
const known = /^(bitcast|select|min|max|countLeadingZeros|vec2u|u32|i32|f32|main|for|while|if|array|return)$/;

test("what a sum calls is declared, once", () => {
  const wrong: string[] = [];
  for (const a of all) {
    expect(problemWith(a)).toBeNull();
    const variant = { taps: false, scaled: true, alpha: true, beta: true, from: "columns" } as const;
    const code = wgslOf(productShader("sums", emulated(a), variant)).replace(/@\w+(\([^)]*\))?/g, "");
    const declared = [...code.matchAll(/(?:fn|struct) (\w+)/g)].map(([, name]) => name!);
    const used = [...code.matchAll(/\b([A-Za-z_]\w*)(?:\(|(?<=: Wide|-> Wide))/g)].map(([, name]) => name!);
    const missing = used.filter((name) => !known.test(name) && !declared.includes(name));
    const twice = declared.filter((name, i) => declared.indexOf(name) !== i);
    if (missing.length + twice.length > 0) wrong.push([printAccumulator(a), ...missing, ...twice].join(" "));
  }
  expect(wrong).toEqual([]);
});

test("aligned groups that binary64 would round are a gap", () => {
  const aligned = (group: number, bits: number): string | null =>
    problemWith(accumulatorOf({ order: { kind: "aligned", group, bits } }));
  expect(aligned(2 ** 13, 40)).toBeNull();
  expect(aligned(2 ** 13 + 1, 40)).toMatch(/aligned\(8193, 40\) sums may take 54 bits/);
});
