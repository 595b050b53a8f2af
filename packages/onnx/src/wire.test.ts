import { expect, test } from "vitest";
import { thrown } from "../test/model-builder.js";
import { encodeField, encodeVarint, fields, varint } from "./wire.js";

const read = (...bytes: number[]) => [...fields(Uint8Array.from(bytes))];

test("a field is a number, a wire type and the place of its value", () => {
  expect(read(0x08, 0x96, 0x01, 0x12, 0x02, 0x61, 0x62)).toEqual([
    { number: 1, wireType: 0, start: 0, valueStart: 1, end: 3 },
    { number: 2, wireType: 2, start: 3, valueStart: 5, end: 7 },
  ]);
});

test("a varint comes back from its bytes", () => {
  for (const n of [0, 1, 127, 128, 300, 2 ** 32, 2 ** 53 - 1]) {
    const bytes = Uint8Array.from(encodeVarint(n));
    expect(varint(bytes, 0, bytes.length)).toEqual({ value: n, end: bytes.length });
  }
});

test("an encoded field is read back", () => {
  const bytes = encodeField(300, new Uint8Array(200));
  expect([...fields(bytes)]).toMatchObject([{ number: 300, wireType: 2, end: bytes.length }]);
});

test("a group is skipped as one field, whatever is inside", () => {
  expect(read(0x0b, 0x10, 0x05, 0x13, 0x14, 0x0c, 0x18, 0x01)).toMatchObject([
    { number: 1, wireType: 3, end: 6 },
    { number: 3, wireType: 0, end: 8 },
  ]);
});

test.each([
  ["wire type 6", [0x0e], "not-onnx", "wire type 6"],
  ["wire type 7", [0x0f], "not-onnx", "wire type 7"],
  ["field 0", [0x00, 0x01], "not-onnx", "the number 0"],
  ["a field number past 2^29", [0xf8, 0xff, 0xff, 0xff, 0x7f, 0x00], "not-onnx", "the number"],
  [
    "a varint of 11 bytes",
    [0x08, ...new Array<number>(10).fill(0xff), 0x01],
    "not-onnx",
    "more than 64 bits",
  ],
  ["a varint that never ends", [0x08, 0xff], "truncated", "ends at byte 2"],
  ["a length past the end", [0x0a, 0x05, 0x01], "truncated", "ends at byte 3"],
  ["a length of 2^63 - 1", [0x0a, ...new Array<number>(8).fill(0xff), 0x7f], "truncated", "ends at byte"],
  ["four of eight bytes", [0x09, 1, 2, 3, 4], "truncated", "ends at byte 5"],
  ["a group without an end", [0x0b, 0x08, 0x01], "truncated", "ends at byte 3"],
  ["the end of another group", [0x0b, 0x14], "not-onnx", "not the innermost"],
  ["an end without a group", [0x0c], "not-onnx", "never began"],
  ["10000 open groups", new Array<number>(10_000).fill(0x0b), "not-onnx", "nested more than 64 deep"],
])("%s is refused", (_, bytes, code, what) => {
  const error = thrown(() => read(...bytes));
  expect(error).toMatchObject({ name: "ImportError", code });
  expect(error.message).toContain(what);
});
