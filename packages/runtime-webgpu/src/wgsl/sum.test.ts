// Every accumulator's code is whole: no driver is asked, so all of them can be tried.
import { printAccumulator, type Accumulator, type SumOrder } from "@mpplan/ir";
import { accumulatorOf } from "@mpplan/testkit";
import { expect, test } from "vitest";
import { wgslOf, type Shader } from "../shader.js";
import { binary64 } from "./arithmetic.js";
import { sumShader } from "./lines.js";
import { emulated, productShader } from "./products.js";
import { problemWith } from "./sum.js";
import { valueShader } from "./values.js";

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
const known =
  /^(abs|bitcast|select|min|max|countLeadingZeros|vec2u|u32|i32|f32|main|for|while|if|array|return)$/;

/** What the code calls without declaring it, and declares twice. */
function faults(shader: Shader): string[] {
  const code = wgslOf(shader).replace(/@\w+(\([^)]*\))?/g, "");
  const declared = [...code.matchAll(/(?:fn|struct) (\w+)/g)].map(([, name]) => name!);
  const used = [...code.matchAll(/\b([A-Za-z_]\w*)(?:\(|(?<=: Wide|-> Wide))/g)].map(([, name]) => name!);
  const missing = used.filter((name) => !known.test(name) && !declared.includes(name));
  const twice = declared.filter((name, i) => declared.indexOf(name) !== i);
  return [...missing, ...twice];
}

const variant = {
  taps: false,
  scaled: true,
  magnitudes: true,
  alpha: true,
  beta: true,
  from: "columns",
} as const;

test("what a sum calls is declared, once", () => {
  const wrong: string[] = [];
  for (const a of all) {
    expect(problemWith(a)).toBeNull();
    const writer = emulated(a);
    const decided = { writer, component: "id" };
    for (const shader of [
      productShader("sums", writer, variant),
      valueShader("value sums", writer, "itself", true),
      sumShader("sums of lines", binary64, decided, [], { bits: "x[at]" }, binary64.divide("sum", "n")),
    ]) {
      const own = faults(shader);
      if (own.length > 0) wrong.push([shader.label, printAccumulator(a), ...own].join(" "));
    }
  }
  expect(wrong).toEqual([]);
});
