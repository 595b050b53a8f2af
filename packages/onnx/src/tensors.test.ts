import { bytesOf } from "@mpplan/ir";
import { describe, expect, test } from "vitest";
import { DataType, thrown } from "../test/model-builder.js";
import { externalReader } from "./external-files.js";
import { defaultLimits } from "./limits.js";
import { readTensor } from "./tensors.js";
import type { TensorProto } from "./proto.js";

const read = (proto: TensorProto) => readTensor(proto, "a test", defaultLimits, externalReader(undefined));

describe("raw data", () => {
  test("is little-endian, at any offset of the file", () => {
    const file = new Uint8Array(64);
    for (let offset = 0; offset < 8; offset++) {
      new DataView(file.buffer).setFloat32(offset, 1.5, true);
      new DataView(file.buffer).setFloat32(offset + 4, -2, true);
      const rawData = file.subarray(offset, offset + 8);
      expect([...read({ dims: [2], dataType: DataType.float32, rawData }).data]).toEqual([1.5, -2]);
    }
  });
  test("is copied, not shared", () => {
    const rawData = new Uint8Array(4);
    const { data } = read({ dims: [1], dataType: DataType.float32, rawData });
    rawData.fill(0xff);
    expect(data[0]).toBe(0);
  });
  test.each([
    ["int64", DataType.int64, 8],
    ["float64", DataType.float64, 8],
    ["uint16", DataType.uint16, 2],
    ["int8", DataType.int8, 1],
    ["bool", DataType.bool, 1],
  ])("of %s", (elem, dataType, bytes) => {
    const rawData = new Uint8Array(bytes * 2);
    rawData[0] = 1;
    expect(read({ dims: [2], dataType, rawData })).toMatchObject({ elem, dims: [2] });
    expect(thrown(() => read({ dims: [2], dataType, rawData: rawData.subarray(1) }))).toMatchObject({
      code: "invalid-tensor",
    });
  });
  test("keeps every float32 bit, subnormals and infinities included", () => {
    const data = Float32Array.of(NaN, Infinity, -Infinity, 2 ** -149, -0);
    const { data: got } = read({ dims: [5], dataType: 1, rawData: new Uint8Array(data.buffer) });
    expect(new Uint8Array((got as Float32Array).buffer)).toEqual(new Uint8Array(data.buffer));
  });
  test("of bool is 0 or 1", () => {
    expect(
      thrown(() => read({ dims: [1], dataType: DataType.bool, rawData: Uint8Array.of(2) })).message,
    ).toContain("neither 0 nor 1");
  });
});

describe("typed data", () => {
  test.each<[string, TensorProto, (number | bigint)[]]>([
    ["float32", { dataType: DataType.float32, floatData: [1, 2] }, [1, 2]],
    ["float64", { dataType: DataType.float64, doubleData: [0.1, 2] }, [0.1, 2]],
    ["int32", { dataType: DataType.int32, int32Data: [-1, 2] }, [-1, 2]],
    ["int8", { dataType: DataType.int8, int32Data: [-128, 127] }, [-128, 127]],
    ["uint8", { dataType: DataType.uint8, int32Data: [0, 255] }, [0, 255]],
    ["bool", { dataType: DataType.bool, int32Data: [0, 1] }, [0, 1]],
    ["int64", { dataType: DataType.int64, int64Data: [-1, 2] }, [-1n, 2n]],
    ["uint32", { dataType: DataType.uint32, uint64Data: [0, 2 ** 32 - 1] }, [0, 2 ** 32 - 1]],
    ["uint64", { dataType: DataType.uint64, uint64Data: [0, 2] }, [0n, 2n]],
  ])("of %s", (elem, proto, numbers) => {
    expect(read({ dims: [2], ...proto })).toMatchObject({ elem, dims: [2] });
    expect([...read({ dims: [2], ...proto }).data]).toEqual(numbers);
  });
  test("may hold no number that the element type does not have", () => {
    const error = thrown(() => read({ dims: [1], dataType: DataType.int8, int32Data: [128] }));
    expect(error.message).toContain("Element 0 is 128, which is no int8");
  });
  test("has one element per place", () => {
    expect(thrown(() => read({ dims: [3], dataType: 1, floatData: [1, 2] })).message).toContain(
      "needs 3 elements, but has 2",
    );
  });
  test("lies in the field of its type", () => {
    expect(thrown(() => read({ dims: [1], dataType: 1, int32Data: [1] })).message).toContain(
      "in int32Data, not in floatData",
    );
  });
  test("does not go along with raw data", () => {
    const both = { dims: [1], dataType: 1, floatData: [1], rawData: new Uint8Array(4) };
    expect(thrown(() => read(both)).message).toContain("both raw data and floatData");
  });
});

test("a scalar has no dims, an empty tensor no elements", () => {
  expect([...read({ dims: [], dataType: 1, floatData: [7] }).data]).toEqual([7]);
  expect(read({ dims: [0, 3], dataType: 1 }).data).toHaveLength(0);
});

describe("dims", () => {
  test("are sizes", () => {
    expect(thrown(() => read({ dims: [-1], dataType: 1 })).message).toContain("the dimension -1");
  });
  test("are checked before anything is allocated", () => {
    expect(thrown(() => read({ dims: [2 ** 40], dataType: 1 }))).toMatchObject({ code: "limit" });
    expect(thrown(() => read({ dims: [2 ** 30, 2 ** 30, 2 ** 30], dataType: 1 }))).toMatchObject({
      code: "limit",
    });
    expect(
      thrown(() => read({ dims: [2 ** 31 - 1], dataType: 1, rawData: new Uint8Array(4) })),
    ).toMatchObject({
      code: "invalid-tensor",
    });
    expect(
      thrown(() => read({ dims: new Array<number>(65).fill(1), dataType: 1, floatData: [1] })).message,
    ).toContain("65 axes");
  });
});

test("a tensor may be a view of a file that nobody changes, where its place allows it", () => {
  const file = new Uint8Array(64).fill(1);
  for (let offset = 0; offset < 8; offset++) {
    const rawData = file.subarray(offset, offset + 8);
    const reader = externalReader(undefined, null, true);
    const read = readTensor({ dims: [2], dataType: 1, rawData }, "a test", defaultLimits, reader);
    expect(bytesOf(read).buffer === file.buffer).toBe(offset % 4 === 0);
    expect(bytesOf(read)).toEqual(rawData);
  }
});

test("all tensors together have a limit, however small each one is", () => {
  const reader = externalReader(undefined);
  const limits = { ...defaultLimits, weightBytes: 10 };
  const readNext = () => readTensor({ dims: [1], dataType: 1, floatData: [1] }, "a test", limits, reader);
  expect([readNext(), readNext()]).toHaveLength(2);
  expect(thrown(readNext).message).toMatchInlineSnapshot(`
    "The tensors up to this one take 12 bytes; the limit is 10
      where: a test
      next: if the file is to be trusted, raise the import's limits.weightBytes"
  `);
});

test.each([
  ["complex64", DataType.complex64],
  ["complex128", 15],
])("%s is refused by name", (name, dataType) => {
  const error = thrown(() => read({ dims: [1], dataType, rawData: new Uint8Array(2) }));
  expect(error).toMatchObject({ code: "unsupported-type" });
  expect(error.message).toContain(`Unsupported element type ${name}`);
});

test.each<[string, number, number[], number[]]>([
  ["float16", 10, [0x00, 0x3c, 0x00, 0xc1, 0x01, 0x00], [1, -2.5, 2 ** -24]],
  ["bfloat16", 16, [0x80, 0x3f, 0x20, 0xc0, 0x01, 0x00], [1, -2.5, 2 ** -133]],
  ["float8e4m3fn", 17, [0x38, 0x7e, 0xff], [1, 448, NaN]],
  ["float8e4m3fnuz", 18, [0x40, 0x7f, 0x80], [1, 240, NaN]],
  ["float8e5m2", 19, [0x3c, 0xfc, 0x01], [1, -Infinity, 2 ** -16]],
  ["float8e5m2fnuz", 20, [0x40, 0x80, 0x7f], [1, NaN, 57344]],
  ["float8e8m0", 24, [127, 0, 255], [1, 2 ** -127, NaN]],
  ["float4e2m1", 23, [0x72, 0x0f], [1, 6, -6]],
  ["uint4", 21, [0xf1, 0x02], [1, 15, 2]],
  ["int4", 22, [0xf1, 0x08], [1, -1, -8]],
  ["uint2", 25, [0b00110110], [2, 1, 3]],
  ["int2", 26, [0b00110110], [-2, 1, -1]],
])("%s is read from its codes, in raw data and in int32_data", (elem, dataType, bytes, values) => {
  const raw = read({ dims: [3], dataType, rawData: Uint8Array.from(bytes) });
  expect(raw.elem).toBe(elem);
  expect([...(raw.data as Float32Array)]).toEqual(values);
  const pairs = elem.endsWith("float16");
  const int32Data = pairs ? [0, 2, 4].map((i) => bytes[i]! + 256 * bytes[i + 1]!) : bytes;
  expect(read({ dims: [3], dataType, int32Data })).toEqual(raw);
});

test("texts come from string_data, and from nowhere else", () => {
  const stringData = ["a", "", "\u00fc"].map((text) => new TextEncoder().encode(text));
  expect(read({ dims: [3], dataType: 8, stringData }).data).toEqual(["a", "", "\u00fc"]);
  expect(thrown(() => read({ dims: [1], dataType: 8, rawData: new Uint8Array(2) })).message).toContain(
    "raw data",
  );
  expect(thrown(() => read({ dims: [1], dataType: 8, stringData: [Uint8Array.of(255)] })).message).toContain(
    "UTF-8",
  );
});

test.each([0, 27, 999, -1])("there is no element type %i", (dataType) => {
  expect(thrown(() => read({ dims: [1], dataType }))).toMatchObject({ code: "unsupported-type" });
});

test("tensors count as they are held: codes as numbers, texts as objects", () => {
  const within = (proto: TensorProto, weightBytes: number) =>
    readTensor(proto, "a test", { ...defaultLimits, weightBytes }, externalReader(undefined));
  const halves = { dims: [8], dataType: DataType.float16, rawData: new Uint8Array(16) };
  expect(within(halves, 32).data).toEqual(new Float32Array(8));
  expect(thrown(() => within(halves, 31)).message).toContain("32 bytes; the limit is 31");
  const quarters = { dims: [8], dataType: 26, rawData: Uint8Array.of(0xe4, 0) };
  expect(within(quarters, 8).data).toEqual(Int8Array.of(0, 1, -2, -1, 0, 0, 0, 0));
  expect(thrown(() => within(quarters, 7)).code).toBe("limit");
  const texts = { dims: [2], dataType: DataType.string, stringData: [Uint8Array.of(65), new Uint8Array(0)] };
  expect(within(texts, 65).data).toEqual(["A", ""]);
  expect(thrown(() => within(texts, 64)).code).toBe("limit");
});
