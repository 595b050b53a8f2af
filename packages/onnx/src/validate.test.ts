import { describe, expect, test } from "vitest";
import { buildModel, gemmModel, ints, node, text, thrown, utf8, weights } from "../test/model-builder.js";
import { defaultLimits } from "./limits.js";
import { validate } from "./validate.js";
import { concat, encodeField } from "./wire.js";

const check = (bytes: Uint8Array, limits = {}) => validate(bytes, { ...defaultLimits, ...limits });

test("a model passes", () => {
  expect(() => check(gemmModel())).not.toThrow();
});

test("unknown fields are skipped", () => {
  expect(() => check(concat([gemmModel(), encodeField(9999, utf8("news"))]))).not.toThrow();
});

test("a model that is cut short anywhere is refused, or has lost whole fields", () => {
  const bytes = gemmModel();
  for (let length = 0; length < bytes.length; length++) {
    try {
      check(bytes.subarray(0, length));
    } catch (error) {
      expect((error as { code: string }).code).toBe(length === 0 ? "empty-file" : "truncated");
    }
  }
});

describe("files handed over by mistake are named", () => {
  test.each([
    ["a gzip file", [0x1f, 0x8b, 8, 0]],
    ["a PNG image", [0x89, 0x50, 0x4e, 0x47]],
    ["a zip archive", [0x50, 0x4b, 3, 4]],
    ["an HDF5 file", [0x89, 0x48, 0x44, 0x46]],
    ["a TensorFlow Lite model", [0x1c, 0, 0, 0, 0x54, 0x46, 0x4c, 0x33]],
    ["a web page", [...utf8("\n <!DOCTYPE html><html>")]],
    ["a web page", [...utf8("<html><body>404")]],
    ["a Git LFS pointer", [...utf8("version https://git-lfs.github.com/spec/v1\n")]],
    ["JSON text", [...utf8('{ "kind": "mpplan-plan" }')]],
    ["JSON text", [...utf8("[]")]],
  ])("%s", (what, bytes) => {
    expect(thrown(() => check(Uint8Array.from(bytes)))).toMatchObject({ code: "not-onnx" });
    expect(thrown(() => check(Uint8Array.from(bytes))).message).toContain(what);
  });
});

test("a message tells what, where and what next", () => {
  expect(thrown(() => check(Uint8Array.of(0x1f, 0x8b))).message).toMatchInlineSnapshot(`
    "This is not an ONNX model: it looks like a gzip file
      where: the first bytes of the file
      next: unpack it first, with gunzip"
  `);
});

describe("limits", () => {
  test("of bytes", () => {
    expect(thrown(() => check(gemmModel(), { bytes: 10 }))).toMatchObject({ code: "limit" });
  });
  test("of nodes", () => {
    expect(thrown(() => check(gemmModel(), { nodes: 1 })).message).toContain(
      "too many nodes; the limit is 1",
    );
  });
  test("of depth", () => {
    expect(thrown(() => check(gemmModel(), { depth: 3 })).message).toContain("nested 4 deep");
  });
  test("of items: a million integers of an attribute become a million objects, those of a tensor one array", () => {
    const numbers = new Array<number>(1000).fill(0);
    const attribute = buildModel({ nodes: [node("Reshape", ["x"], ["y"], [ints("shape", numbers)])] });
    expect(() => check(attribute)).not.toThrow();
    expect(thrown(() => check(attribute, { items: 900 })).message).toContain(
      "too many items to decode; the limit is 900",
    );
    const tensor = buildModel({ initializers: [{ name: "w", dims: [1], dataType: 7, int64Data: numbers }] });
    expect(() => check(tensor, { items: 900 })).not.toThrow();
    expect(thrown(() => check(tensor, { items: 100 }))).toMatchObject({ code: "limit" });
    const dims = buildModel({ initializers: [{ name: "w", dims: numbers, dataType: 7 }] });
    expect(thrown(() => check(dims, { items: 900 }))).toMatchObject({ code: "limit" });
  });
  test("of texts, with the place and the field", () => {
    const long = buildModel({ nodes: [node("Relu", ["x"], ["y"], [], { name: "n".repeat(100) })] });
    expect(() => check(long, { textBytes: 100 })).not.toThrow();
    expect(thrown(() => check(long, { textBytes: 99 })).message).toMatch(
      /^A text of 100 bytes stands in field 3 of a NodeProto; the limit is 99\n {2}where: byte \d+\n {2}next: .*limits.textBytes$/,
    );
    const attribute = buildModel({ nodes: [node("Relu", ["x"], ["y"], [text("t", "x".repeat(100))])] });
    expect(thrown(() => check(attribute, { textBytes: 99 })).message).toContain(
      "field 4 of a AttributeProto",
    );
    const raw = buildModel({ initializers: [weights("w", [100])] });
    expect(() => check(raw, { textBytes: 99 })).not.toThrow();
  });
  test("of items: a message of two bytes becomes an object with many lists", () => {
    const empty = encodeField(
      7,
      concat(Array.from({ length: 100 }, () => encodeField(5, new Uint8Array(0)))),
    );
    expect(thrown(() => check(empty, { items: 500 }))).toMatchObject({ code: "limit" });
  });
});

test("a graph given twice is refused: one reader would see the first, another the second", () => {
  const graph = encodeField(7, new Uint8Array(0));
  expect(thrown(() => check(concat([graph, graph]))).message).toContain("its field 7 twice");
});

test("a known field of another wire type is refused", () => {
  expect(thrown(() => check(Uint8Array.of(0x38, 0x01))).message).toContain(
    "field 7 of a ModelProto has the wire type 0",
  );
});

test("a name that is no valid UTF-8 is refused", () => {
  const node = encodeField(1, encodeField(3, Uint8Array.of(0xff)));
  expect(thrown(() => check(encodeField(7, node))).message).toContain("not valid UTF-8");
});
