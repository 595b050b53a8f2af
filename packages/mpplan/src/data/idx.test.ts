import { expect, test } from "vitest";
import { InputError } from "./errors.js";
import { isIdx, parseIdx } from "./idx.js";

const file = (type: number, dims: number[], body: number[]): Uint8Array =>
  Uint8Array.from([
    0,
    0,
    type,
    dims.length,
    ...dims.flatMap((dim) => [dim >>> 24, (dim >> 16) & 255, (dim >> 8) & 255, dim & 255]),
    ...body,
  ]);

test("an idx file is read, numbers big-endian", () => {
  expect(parseIdx(file(8, [2, 1, 2], [1, 2, 3, 255]), "x").tensor).toEqual({
    elem: "uint8",
    dims: [2, 1, 2],
    data: Uint8Array.of(1, 2, 3, 255),
  });
  expect(parseIdx(file(0x0b, [2], [1, 0, 255, 254]), "x").tensor.data).toEqual(Int16Array.of(256, -2));
  expect(parseIdx(file(0x0d, [1], [0x3f, 0x80, 0, 0]), "x").tensor.data).toEqual(Float32Array.of(1));
  expect(parseIdx(file(0x0e, [1], [0xbf, 0xf0, 0, 0, 0, 0, 0, 0]), "x").tensor.data).toEqual(
    Float64Array.of(-1),
  );
});

test("a file of the wrong length is refused", () => {
  for (const bytes of [
    file(8, [3], [1, 2]),
    file(8, [1], [1, 2]),
    file(8, [2 ** 32 - 1, 2 ** 32 - 1], []),
    Uint8Array.of(0, 0, 8, 3, 0),
  ]) {
    expect(() => parseIdx(bytes, "x")).toThrow(InputError);
  }
});

test("other files are not taken for idx", () => {
  expect(isIdx(file(8, [1], [1]))).toBe(true);
  expect(isIdx(file(0x0a, [1], [1]))).toBe(false);
  expect(isIdx(Uint8Array.of(0, 0, 8, 0))).toBe(false);
  expect(isIdx(new Uint8Array(16))).toBe(false);
});
