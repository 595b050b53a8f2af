import { tensor } from "@mpplan/ir";
import { zipSync } from "fflate";
import { expect, test } from "vitest";
import { InputError } from "./errors.js";
import { parseNpz, writeNpz } from "./npz.js";
import { writeNpy } from "./npy.js";

const x = tensor("float32", [1, 2], Float32Array.of(1.5, -2));
const labels = tensor("int64", [1], BigInt64Array.of(3n));

// np.savez_compressed(file, x=np.array([[1.5, -2]], np.float32), labels=np.array([3], np.int64)), NumPy 2.4
const ofNumpy = Buffer.from(
  "UEsDBC0AAAAIAAAAIQD9z6UI//////////8FABQAeC5ucHkBABAAiAAAAAAAAABNAAAAAAAAAJvsF+obEMnIUMZQrZ6SWpxcpG6loG6TZqKu" +
    "o6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GoY6CkaaOgq1CmQDLgaGA/YMQAIAUEsDBC0AAAAIAAAAIQBDnTEc//////////8KABQA" +
    "bGFiZWxzLm5weQEAEACIAAAAAAAAAEgAAAAAAAAAm+wX6hsQychQxlCtnpJanFykbqWgbpNpoa6joJ6WX1RSlJgXn1+UkgoSd0vMKU4FihdnJBak" +
    "AvkahjqaOgq1ChQALmYGCAAAUEsBAi0DLQAAAAgAAAAhAP3PpQhNAAAAiAAAAAUAAAAAAAAAAAAAAIABAAAAAHgubnB5UEsBAi0DLQAAAAgAAAAh" +
    "AEOdMRxIAAAAiAAAAAoAAAAAAAAAAAAAAIABhAAAAGxhYmVscy5ucHlQSwUGAAAAAAIAAgBrAAAACAEAAAAA",
  "base64",
);

function refusal(bytes: Uint8Array, limits?: { bytes: number; entries: number }): string {
  try {
    parseNpz(bytes, "x.npz", limits);
  } catch (error) {
    if (error instanceof InputError) return `${error.code}: ${error.what}`;
    throw error;
  }
  return "read";
}

test("an archive of NumPy is read by key", () => {
  const arrays = parseNpz(ofNumpy, "x.npz");
  expect([...arrays.keys()]).toEqual(["x", "labels"]);
  expect(arrays.get("x")!.tensor).toEqual(x);
  expect(arrays.get("labels")!.tensor).toEqual(labels);
});

test("what is written is read back, and is the same bytes each time", () => {
  const arrays = new Map([
    ["x", x],
    ["labels", labels],
  ]);
  const bytes = writeNpz(arrays);
  expect([...parseNpz(bytes, "x.npz").values()].map((array) => array.tensor)).toEqual([x, labels]);
  expect(writeNpz(arrays)).toEqual(bytes);
  // The date of the first entry: 1980-01-01, midnight.
  expect([...bytes.subarray(10, 14)]).toEqual([0, 0, 33, 0]);
});

test("a flipped bit anywhere in the packed data is noticed", () => {
  for (let at = 50; at < 130; at++) {
    const bytes = Uint8Array.from(ofNumpy);
    bytes[at]! ^= 4;
    // Names, sizes and dates in the local header are not read: the directory at the end has them.
    expect(refusal(bytes)).toMatch(at < 55 ? /^(read|bad-data)/ : /^bad-data/);
  }
});

test("every way to cut an archive short is refused", () => {
  for (let length = 4; length < ofNumpy.length; length++) {
    expect(refusal(Uint8Array.from(ofNumpy.subarray(0, length)))).toMatch(/^bad-data/);
  }
});

test("an archive that would unpack to more than the limit is refused before anything is unpacked", () => {
  const bomb = zipSync({ "x.npy": new Uint8Array(5_000_000) });
  expect(bomb.length).toBeLessThan(100_000);
  expect(refusal(bomb, { bytes: 2 ** 20, entries: 10 })).toMatch(/would take 5000000 bytes/);
});

test("a stated size that the packed bytes could never reach is refused", () => {
  const bytes = writeNpz(new Map([["x", x]]));
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  view.setUint32(bytes.length - 22 - 51 + 24, 2 ** 31, true);
  expect(refusal(bytes)).toMatch(/cannot hold the 2147483648/);
});

test("an archive with too many entries is refused", () => {
  const arrays = new Map(["a", "b", "c"].map((key) => [key, x]));
  expect(refusal(writeNpz(arrays), { bytes: 2 ** 20, entries: 2 })).toMatch(/more than 2 entries/);
});

test("archives of something else are named", () => {
  expect(refusal(zipSync({ "archive/data.pkl": new Uint8Array(9) }))).toMatch(/unknown-format: .*PyTorch/);
  expect(refusal(zipSync({ "readme.txt": new Uint8Array(9) }))).toMatch(/unknown-format: .*"readme.txt"/);
  expect(refusal(zipSync({ "x.npy": writeNpy(x) }))).toBe("read");
});
