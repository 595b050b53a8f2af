import { bytesOf } from "@mpplan/ir";
import { describe, expect, test, vi } from "vitest";
import { buildModel, gemmModel, node, thrown, value } from "../test/model-builder.js";
import { importOnnx } from "./import.js";

const file = new Uint8Array(Float32Array.of(0, 1, 2, 3, 4, 5, 6, 7).buffer);

function external(entries: Record<string, string>, dims = [2]): Uint8Array {
  const externalData = Object.entries(entries).map(([key, text]) => ({ key, value: text }));
  return buildModel({
    nodes: [node("Add", ["x", "w"], ["y"])],
    inputs: [value("x", dims)],
    initializers: [{ name: "w", dims, dataType: 1, dataLocation: 1, externalData }],
  });
}

const weightsOf = (bytes: Uint8Array) => [
  ...importOnnx(bytes, { externalData: () => file }).values.get("w")!.constant!.data,
];

test("a tensor in another file is read at its offset", () => {
  expect(weightsOf(external({ location: "w.bin", offset: "4", length: "8" }))).toEqual([1, 2]);
});

test("offset and length may be left out", () => {
  expect(weightsOf(external({ location: "w.bin" }))).toEqual([0, 1]);
});

test("a file is read once, however many tensors it holds", () => {
  const read = vi.fn(() => file);
  const stored = (name: string, offset: string) => ({
    name,
    dims: [2],
    dataType: 1,
    dataLocation: 1,
    externalData: [
      { key: "location", value: "w.bin" },
      { key: "offset", value: offset },
    ],
  });
  const bytes = buildModel({
    nodes: [node("Add", ["x", "w"], ["h"]), node("Add", ["h", "v"], ["y"])],
    inputs: [value("x", [2])],
    initializers: [stored("w", "0"), stored("v", "8")],
  });
  importOnnx(bytes, { externalData: read });
  expect(read).toHaveBeenCalledTimes(1);
});

/** Two tensors of 8 bytes each, in w.bin at these offsets. */
function twoTensors(first: string, second: string): Uint8Array {
  const stored = (name: string, offset: string) => ({
    name,
    dims: [2],
    dataType: 1,
    dataLocation: 1,
    externalData: [
      { key: "location", value: "w.bin" },
      { key: "offset", value: offset },
    ],
  });
  return buildModel({
    nodes: [node("Add", ["x", "w"], ["h"]), node("Add", ["h", "v"], ["y"])],
    inputs: [value("x", [2])],
    initializers: [stored("w", first), stored("v", second)],
  });
}

test("a file that is read in parts is asked for the bytes that tensors need, and no others", () => {
  const read = vi.fn((_: string, offset: number, length: number) => file.slice(offset, offset + length));
  const graph = importOnnx(twoTensors("4", "16"), { externalData: { size: () => file.length, read } });
  expect(read.mock.calls).toEqual([
    ["w.bin", 4, 8],
    ["w.bin", 16, 8],
  ]);
  expect(graph.values.get("v")!.constant!.data).toEqual(Float32Array.of(4, 5));
});

test("a part that was read for this import is the tensor's own memory: weights are held once", () => {
  const part = file.slice(0, 8);
  const externalData = { size: () => file.length, read: () => part };
  const { constant } = importOnnx(external({ location: "w.bin" }), { externalData }).values.get("w")!;
  expect(bytesOf(constant!).buffer).toBe(part.buffer);
});

test("tensors of the same bytes share them; what a function yields stays its own", () => {
  const { values } = importOnnx(twoTensors("8", "8"), { externalData: () => file });
  const [w, v] = [bytesOf(values.get("w")!.constant!), bytesOf(values.get("v")!.constant!)];
  expect(w.buffer).toBe(v.buffer);
  expect(w.buffer).not.toBe(file.buffer);
});

test("tensors that overlap cannot make a small file a large model", () => {
  const bytes = (offsets: readonly number[]) =>
    buildModel({
      nodes: [node("Add", ["x", "w0"], ["y"])],
      inputs: [value("x", [4])],
      initializers: offsets.map((offset, i) => ({
        name: `w${i}`,
        dims: [4],
        dataType: 1,
        dataLocation: 1,
        externalData: [
          { key: "location", value: "w.bin" },
          { key: "offset", value: String(offset) },
        ],
      })),
    });
  expect(() => importOnnx(bytes([0, 16]), { externalData: () => file })).not.toThrow();
  expect(thrown(() => importOnnx(bytes([0, 4, 8]), { externalData: () => file })).message)
    .toMatchInlineSnapshot(`
    "Its bytes in "w.bin" are partly those of other tensors: 48 of 32 are used
      where: the initializer "w2"
      next: export the model again, with its data files"
  `);
});

test("the digest is the same whether a file is read whole or in parts", () => {
  const parts = {
    size: () => file.length,
    read: (_: string, at: number, n: number) => file.slice(at, at + n),
  };
  const bytes = twoTensors("0", "16");
  expect(importOnnx(bytes, { externalData: parts }).digest).toBe(
    importOnnx(bytes, { externalData: () => file }).digest,
  );
});

test("the digest covers the bytes used", () => {
  const bytes = external({ location: "w.bin" });
  const digest = (data: Uint8Array) => importOnnx(bytes, { externalData: () => data }).digest;
  const other = file.slice();
  other[30] = 1;
  expect(digest(other)).toBe(digest(file));
  other[3] = 1;
  expect(digest(other)).not.toBe(digest(file));
  expect(digest(file)).not.toBe(importOnnx(gemmModel()).digest);
});

describe("is refused:", () => {
  test.each<[string, Record<string, string>, string]>([
    ["no location", { offset: "0" }, "its location is not given"],
    ["an offset that is no integer", { location: "w.bin", offset: "1e1" }, 'The offset "1e1"'],
    ["a negative offset", { location: "w.bin", offset: "-4" }, 'The offset "-4"'],
    ["an offset past the end", { location: "w.bin", offset: "28" }, "Bytes 28 to 36"],
    ["an offset past 2^53", { location: "w.bin", offset: "99999999999999999999" }, "no whole number"],
    ["a length that the dims do not need", { location: "w.bin", length: "12" }, "needs 8 bytes"],
    ["a location out of the folder", { location: "a/../../b" }, "leaves the model's folder"],
  ])("%s", (_, entries, what) => {
    const error = thrown(() => weightsOf(external(entries)));
    expect(error).toMatchObject({ name: "ImportError", code: "external-data" });
    expect(error.message).toContain(what);
  });

  test("a model with external data and no function to read it", () => {
    expect(thrown(() => importOnnx(external({ location: "w.bin" }))).message).toMatchInlineSnapshot(`
      "The tensor is stored in another file, "w.bin"
        where: the initializer "w"
        next: give importOnnx an externalData function that reads it"
    `);
  });

  test("a file that cannot be read, with the reason", () => {
    const externalData = () => {
      throw new Error("no such file");
    };
    const error = thrown(() => importOnnx(external({ location: "w.bin" }), { externalData }));
    expect(error).toMatchObject({ code: "external-data" });
    expect(error.message).toContain('"w.bin" cannot be read: no such file');
  });
});
