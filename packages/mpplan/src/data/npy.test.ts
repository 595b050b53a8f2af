import { tensor, type Tensor } from "@mpplan/ir";
import { expect, test } from "vitest";
import { InputError, type InputErrorCode } from "./errors.js";
import { parseNpy, writeNpy } from "./npy.js";

const fromBase64 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "base64"));

/** A file with that header; the numbers follow it. */
function file(dict: string, body: Uint8Array, version = 1): Uint8Array {
  const length =
    version === 1 ? [dict.length & 255, dict.length >> 8] : [dict.length & 255, dict.length >> 8, 0, 0];
  const head = [0x93, ..."NUMPY"].map((c) => (typeof c === "number" ? c : c.charCodeAt(0)));
  return Uint8Array.from([...head, version, 0, ...length, ...Buffer.from(dict, "latin1"), ...body]);
}

const header = (descr: string, shape: string, fortran = "False"): string =>
  `{'descr': ${descr}, 'fortran_order': ${fortran}, 'shape': ${shape}, }\n`;

function codeOf(run: () => unknown): [InputErrorCode, string] | null {
  try {
    run();
  } catch (error) {
    if (error instanceof InputError) return [error.code, error.what];
    throw error;
  }
  return null;
}

const tensors: Tensor[] = [
  tensor("float32", [2, 2], Float32Array.of(1, -0.5, 3e38, 0)),
  tensor("float64", [3], Float64Array.of(0.1, -0, 1e300)),
  tensor("int8", [2], Int8Array.of(-128, 127)),
  tensor("int16", [1, 2], Int16Array.of(-32768, 5)),
  tensor("int32", [], Int32Array.of(-7)),
  tensor("int64", [2], BigInt64Array.of(-(2n ** 63n), 9n)),
  tensor("uint8", [0, 3], new Uint8Array(0)),
  tensor("uint16", [2], Uint16Array.of(65535, 1)),
  tensor("uint32", [1], Uint32Array.of(4294967295)),
  tensor("uint64", [1], BigUint64Array.of(2n ** 64n - 1n)),
  tensor("bool", [3], Uint8Array.of(1, 0, 1)),
];

test.each(tensors)("$elem of dims $dims is read back as it was written", (t) => {
  const bytes = writeNpy(t);
  expect(parseNpy(bytes, "x.npy")).toEqual({ tensor: t, stored: t.elem, name: null });
  expect((bytes.length - (t.data as Float32Array).byteLength) % 64).toBe(0);
});

test("a file of NumPy in column-major order and big-endian numbers is put in order", () => {
  // np.save(file, np.asfortranarray(np.arange(6, dtype=">i2").reshape(2, 3))), NumPy 2.4
  const bytes = fromBase64(
    "k05VTVBZAQB2AHsnZGVzY3InOiAnPmkyJywgJ2ZvcnRyYW5fb3JkZXInOiBUcnVlLCAnc2hhcGUnOiAoMiwgMyksIH0gICAgICAgICAg" +
      "ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAADAAEABAACAAU=",
  );
  expect(parseNpy(bytes, "x.npy").tensor).toEqual(tensor("int16", [2, 3], Int16Array.of(0, 1, 2, 3, 4, 5)));
});

test("column-major order of three axes is put in order", () => {
  const body = Uint8Array.from({ length: 24 }, (_, i) => i);
  const { tensor: t } = parseNpy(file(header("'|u1'", "(2, 3, 4)", "True"), body), "x.npy");
  for (let i = 0; i < 2; i++) {
    for (let j = 0; j < 3; j++) {
      for (let k = 0; k < 4; k++) expect(t.data[(i * 3 + j) * 4 + k]).toBe(i + 2 * j + 6 * k);
    }
  }
});

test("float16 is widened to float32, exactly", () => {
  // np.save(file, np.array([1, -0.5, 65504, 6e-8], np.float16)), NumPy 2.4
  const bytes = fromBase64(
    "k05VTVBZAQB2AHsnZGVzY3InOiAnPGYyJywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDQsKSwgfSAgICAgICAgICAg" +
      "ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAPAC4/3sBAA==",
  );
  const { tensor: t, stored } = parseNpy(bytes, "x.npy");
  expect([t.elem, stored, [...(t.data as Float32Array)]]).toEqual([
    "float32",
    "float16",
    [1, -0.5, 65504, 2 ** -24],
  ]);
});

test.each([1, 2, 3])("version %i of the header is read, at any alignment", (version) => {
  const bytes = file(header("'<f4'", "(1L,)"), new Uint8Array(Float32Array.of(2.5).buffer), version);
  const shifted = new Uint8Array(bytes.length + 3);
  shifted.set(bytes, 3);
  expect(parseNpy(shifted.subarray(3), "x.npy").tensor.data).toEqual(Float32Array.of(2.5));
});

test("a file that breaks the rules is refused, and the message tells how", () => {
  const two = new Uint8Array(8);
  const refused: [Uint8Array, InputErrorCode, RegExp][] = [
    [file(header("'<f4'", "(3,)"), two), "bad-data", /takes 12 bytes, but 8 follow/],
    [file(header("'<f4'", "(1,)"), two), "bad-data", /takes 4 bytes, but 8 follow/],
    [file(header("'<f4'", "(-1,)"), two), "bad-data", /shape|understood/],
    [file(header("'<f4'", "(999999999999, 999999999999)"), two), "bad-data", /cannot exist/],
    [file(header("'<f4'", "(0, 999999999999, 999999999999)"), two), "bad-data", /cannot exist/],
    [file("{'descr': '<f4'}", two), "bad-data", /order and the shape/],
    [file("{'shape': (2,), 'fortran_order': False}", two), "bad-data", /element type/],
    [file("import os", two), "bad-data", /no dict/],
    [file(header("'<f4'", "(2,)"), two, 9), "bad-data", /version 9/],
    [file(header("'|O'", "(2,)"), two), "unknown-format", /Python objects/],
    [file(header("'<U1'", "(2,)"), two), "unknown-format", /text/],
    [file(header("'<c8'", "(1,)"), two), "unknown-format", /complex/],
    [file(header("'<V2'", "(4,)"), two), "unknown-format", /bfloat16/],
    [file(header("[('a', '<f4')]", "(2,)"), two), "unknown-format", /structured/],
    [file(header("'<M8'", "(1,)"), two), "unknown-format", /dates/],
    [file(header("'<f16'", "(1,)"), two), "unknown-format", /f16/],
    [file(header("'|b1'", "(8,)"), new Uint8Array(8).fill(2)), "bad-data", /neither 0 nor 1/],
  ];
  for (const [bytes, code, what] of refused) {
    const found = codeOf(() => parseNpy(bytes, "x.npy"));
    expect(found).toEqual([code, expect.stringMatching(what)]);
  }
});

test("every way to cut a file short is refused", () => {
  const bytes = writeNpy(tensors[0]!);
  for (let length = 6; length < bytes.length; length++) {
    expect(codeOf(() => parseNpy(bytes.subarray(0, length), "x.npy"))?.[0]).toBe("bad-data");
  }
});
