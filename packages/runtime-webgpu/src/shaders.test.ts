// The generated WGSL, as text: what changes here changes what every adapter computes.
import { printAccumulator } from "@mpplan/ir";
import { accumulatorOf } from "@mpplan/testkit";
import { expect, test } from "vitest";
import { wgslOf } from "./shader.js";
import { binary32, binary64 } from "./wgsl/arithmetic.js";
import { elementShader, sumShader } from "./wgsl/lines.js";
import {
  emulated,
  emulatedTiles,
  native,
  nativeTiles,
  packShader,
  padShader,
  productShader,
} from "./wgsl/products.js";
import { extentShader, testShader } from "./wgsl/recompute.js";
import { tileShader } from "./wgsl/tile.js";

const plain = {
  taps: false,
  scaled: false,
  magnitudes: false,
  from: "columns",
  alpha: false,
  beta: false,
} as const;
const blocked = { kind: "blocked", block: 8 } as const;

for (const accumulator of [
  accumulatorOf({ order: blocked }),
  accumulatorOf({ format: "bfloat16", product: "fma", overflow: "infinity" }),
  accumulatorOf({ format: "binary16", product: "rounded", order: { kind: "pairwise" } }),
  accumulatorOf({
    format: "ocp-e5m2",
    product: "fma-f32",
    order: { kind: "chunked", chunk: 4, outer: "binary32" },
  }),
]) {
  test(`emulated: ${printAccumulator(accumulator)}`, () => {
    expect(wgslOf(productShader("sums", emulated(accumulator), plain))).toMatchSnapshot();
  });
}

test("tiles: ordinary operands, products that must be exact, the device's own arithmetic", () => {
  const variant = { taps: true, scaled: false, alpha: false, beta: false };
  const exact = emulatedTiles(accumulatorOf({ format: "tf32", product: "fma-f32" }))!;
  const shaders = [
    tileShader("sums", emulatedTiles(accumulatorOf({ order: blocked }))!, { rows: 1, columns: 4 }, plain),
    tileShader("sums", exact, { rows: 4, columns: 1 }, variant),
    tileShader("sums", nativeTiles(accumulatorOf({}), "f32")!, { rows: 4, columns: 4 }, plain),
  ];
  // Of the functions that are in the snapshots above, nothing again.
  for (const { body, functions } of shaders) {
    expect(body).toMatchSnapshot();
    expect(functions!.match(/fn (quick|tile)_[^]*?\n?\}\n/g)?.join("")).toMatchSnapshot();
  }
  expect(emulatedTiles(accumulatorOf({ product: "fma" }))).toBeNull();
  expect(emulatedTiles(accumulatorOf({ order: { kind: "pairwise" } }))).toBeNull();
});

test("a convolution's recomputed sums, scaled, with alpha and beta", () => {
  const variant = {
    taps: true,
    scaled: true,
    magnitudes: false,
    from: "queue",
    alpha: true,
    beta: true,
  } as const;
  expect(wgslOf(productShader("sums", emulated(accumulatorOf({})), variant))).toMatchSnapshot();
});

test("the device's own arithmetic", () => {
  for (const kind of ["f16", "f32"] as const)
    expect(
      wgslOf(productShader("sums", native(accumulatorOf({ order: blocked }), kind), plain)),
    ).toMatchSnapshot();
});

test("operands, tests and queues", () => {
  const bits = { drop: 20, least: 944, count: 145 };
  const all = [
    packShader(true, true),
    padShader,
    testShader({ bits, rounding: "", magnitudes: false }, true),
    extentShader(64, 65535),
  ];
  for (const shader of all) expect(wgslOf(shader)).toMatchSnapshot();
});

test("a softmax's terms, and their sums, in both arithmetics", () => {
  for (const own of [binary32, binary64]) {
    const value = own.exp(own.subtract("v", own.load("most", "line")));
    const term = { number: own.load("powers", "at") };
    expect(wgslOf(elementShader("terms", own, ["most"], value, false))).toMatchSnapshot();
    expect(wgslOf(sumShader("sums", own, null, ["powers"], term, "sum"))).toMatchSnapshot();
  }
});
