// Seeded damage to real files: whatever the bytes are, an import ends in a graph or in an error of the project.
import { existsSync, readFileSync } from "node:fs";
import { MpplanError } from "@mpplan/formats";
import { verify } from "@mpplan/ir";
import { describe, expect, test } from "vitest";
import { annotate, annotations, importOnnx } from "../src/index.js";
import {
  buildModel,
  float,
  gemmModel,
  int,
  ints,
  int64s,
  node,
  tensorAttr,
  text,
  value,
  weights,
} from "./model-builder.js";

const tiny = new URL("../../../fixtures/models/tiny/model.onnx", import.meta.url);

/** One node of many kinds, so that damage meets every reader. */
const mixed = buildModel({
  opset: 9,
  inputs: [value("x", ["N", 1, 8, 8])],
  outputs: [value("y"), value("z")],
  nodes: [
    node("Constant", [], ["shape"], [tensorAttr("value", { dims: [2], dataType: 7, int64Data: [0, -1] })]),
    node(
      "Conv",
      ["x", "w"],
      ["c"],
      [ints("kernel_shape", [3, 3]), ints("pads", [1, 1, 1, 1]), text("auto_pad", "NOTSET")],
    ),
    node("BatchNormalization", ["c", "s", "s", "s", "s"], ["n"], [float("epsilon", 1e-5)]),
    node("MaxPool", ["n"], ["m"], [ints("kernel_shape", [2, 2]), ints("strides", [2, 2])]),
    node("Pad", ["m"], ["p"], [ints("pads", [0, 0, 1, 1, 0, 0, 1, 1]), float("value", 0.5)]),
    node("Clip", ["p"], ["l"], [float("min", 0), float("max", 6)]),
    node("Slice", ["l"], ["i"], [ints("starts", [1]), ints("ends", [5]), ints("axes", [2])]),
    node("Softmax", ["i"], ["f"], [int("axis", 1)]),
    node("Reshape", ["f", "shape"], ["y"]),
    node("Shape", ["f"], ["q"]),
    node("Gather", ["q", "g"], ["u"], [int("axis", 0)]),
    node("Unsqueeze", ["u"], ["v"], [ints("axes", [0])]),
    node("Cast", ["v"], ["z"], [int("to", 1)]),
  ],
  initializers: [weights("w", [2, 1, 3, 3]), weights("s", [2]), int64s("g", [0])],
});

const seeds: [string, Uint8Array, number][] = [
  ["a model of one sum", gemmModel(), 1500],
  ["a model of many operators", mixed, 4000],
  ...(existsSync(tiny)
    ? [["the fixture tiny", new Uint8Array(readFileSync(tiny)), 2000] as [string, Uint8Array, number]]
    : []),
];

/** mulberry32: a small generator with a seed. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const interesting = [0, 1, 0x7f, 0x80, 0xff, 0x0a, 0x12, 0x3a];

function damage(bytes: Uint8Array, random: () => number): Uint8Array {
  const at = Math.floor(random() * bytes.length);
  const byte =
    random() < 0.5 ? interesting[Math.floor(random() * interesting.length)]! : Math.floor(random() * 256);
  const kind = random();
  if (kind < 0.5) return bytes.map((b, i) => (i === at ? byte : b));
  if (kind < 0.65) return bytes.map((b, i) => (i === at ? b ^ (1 << Math.floor(random() * 8)) : b));
  if (kind < 0.8) return Uint8Array.from([...bytes.subarray(0, at), byte, ...bytes.subarray(at)]);
  if (kind < 0.9)
    return Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(at + 1 + Math.floor(random() * 8))]);
  return bytes.slice(0, at);
}

describe.each(seeds)("%s", (_, bytes, count) => {
  test("is whole before any damage", () => {
    expect(() => verify(importOnnx(bytes))).not.toThrow();
  });

  test(`damaged ${count} times, fails only in our own words`, () => {
    const random = generator(20_240_101);
    const escaped: string[] = [];
    let imported = 0;
    for (let i = 0; i < count; i++) {
      let damaged = damage(bytes, random);
      for (let more = Math.floor(random() * 3); more > 0 && damaged.length > 0; more--)
        damaged = damage(damaged, random);
      const attempt = (what: string, call: () => unknown): boolean => {
        try {
          call();
          return true;
        } catch (error) {
          if (!(error instanceof MpplanError)) escaped.push(`${what} ${i}: ${(error as Error).stack}`);
          return false;
        }
      };
      if (attempt("import", () => verify(importOnnx(damaged)))) imported++;
      attempt("annotate", () => annotations(annotate(damaged, new Map([[0, { key: "value" }]]))));
    }
    expect(escaped.slice(0, 3)).toEqual([]);
    // Some damage is harmless and some is not: else the test would test nothing.
    expect(imported).toBeGreaterThan(0);
    expect(imported).toBeLessThan(count);
  });
});
