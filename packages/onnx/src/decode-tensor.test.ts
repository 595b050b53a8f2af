import pkg from "onnx-proto";
import { expect, test } from "vitest";
import { utf8 } from "../test/model-builder.js";
import { decodeTensor, toBigInt } from "./proto.js";
import { concat, encodeField, encodeVarint } from "./wire.js";

const { onnx } = pkg;
const encode = (tensor: object): Uint8Array => Uint8Array.from(onnx.TensorProto.encode(tensor).finish());

/** A varint field, as an old writer repeats it instead of packing a list. */
const single = (number: number, value: number): Uint8Array =>
  Uint8Array.from([...encodeVarint(number * 8), ...encodeVarint(value)]);

test("every list of numbers comes back as it was encoded, each in the array of its own size", () => {
  const lists = {
    floatData: [1.5, -0, Infinity, 2 ** -149],
    doubleData: [Math.PI, -Number.MAX_VALUE],
    int32Data: [0, -1, 127, 128, 2 ** 31 - 1, -(2 ** 31)],
    int64Data: [0, -1, 2 ** 40, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER],
    uint64Data: [0, 300, 2 ** 52],
  };
  const decoded = decodeTensor(encode({ dims: [1, 2 ** 33], dataType: 7, name: "w", ...lists }));
  expect(decoded).toEqual({
    dims: [1n, 2n ** 33n],
    dataType: 7,
    name: "w",
    floatData: Float32Array.from(lists.floatData),
    doubleData: Float64Array.from(lists.doubleData),
    int32Data: Int32Array.from(lists.int32Data),
    int64Data: BigInt64Array.from(lists.int64Data, BigInt),
    uint64Data: BigUint64Array.from(lists.uint64Data, BigInt),
  });
});

test("the largest and the smallest 64-bit integers are exact", () => {
  const packed = (bytes: number[], number: number) => encodeField(number, Uint8Array.from(bytes));
  const ones = (last: number): number[] => [...Array<number>(8).fill(0xff), last];
  const most = decodeTensor(packed(ones(0x7f), 7)).int64Data!;
  expect(toBigInt(most[0]!)).toBe(2n ** 63n - 1n);
  const least = decodeTensor(packed([...Array<number>(9).fill(0x80), 1], 7)).int64Data!;
  expect(toBigInt(least[0]!)).toBe(-(2n ** 63n));
  const all = decodeTensor(packed([...ones(0xff), 1], 11)).uint64Data!;
  expect(toBigInt(all[0]!)).toBe(2n ** 64n - 1n);
});

test("a list may come one by one, packed, or both in turns", () => {
  const bytes = concat([single(5, 1), encodeField(5, Uint8Array.of(2, 3)), single(5, 300), single(1, 4)]);
  expect(decodeTensor(bytes)).toEqual({ dims: [4n], int32Data: Int32Array.of(1, 2, 3, 300) });
});

test("raw_data is a view of the file, texts and entries are read", () => {
  const bytes = encode({
    rawData: Uint8Array.of(1, 2, 3),
    stringData: [utf8("a"), utf8("")],
    externalData: [{ key: "location", value: "w.bin" }],
    dataLocation: 1,
  });
  const decoded = decodeTensor(bytes);
  expect(decoded.rawData!.buffer).toBe(bytes.buffer);
  expect([...decoded.rawData!]).toEqual([1, 2, 3]);
  expect(decoded.stringData!.map((text) => [...text])).toEqual([[97], []]);
  expect(decoded.externalData).toMatchObject([{ key: "location", value: "w.bin" }]);
  expect(decoded.dataLocation).toBe(1);
});

test("a tensor of no numbers has no list", () => {
  expect(decodeTensor(encode({ dataType: 1, floatData: [] }))).toEqual({ dataType: 1 });
  expect(decodeTensor(encodeField(4, new Uint8Array(0)))).toEqual({});
});
