import { tensor } from "@mpplan/ir";
import { gzipSync, zipSync } from "fflate";
import { expect, test } from "vitest";
import { InputError } from "./errors.js";
import { writeNpy } from "./npy.js";
import { writeNpz } from "./npz.js";
import { recognize } from "./recognize.js";

const x = tensor("float32", [1, 2], Float32Array.of(1.5, -2));
const idx = Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 2, 7, 9);
const text = (s: string): Uint8Array => Uint8Array.from(s, (c) => c.charCodeAt(0));

function refusal(name: string, bytes: Uint8Array): string {
  try {
    recognize({ name, bytes });
  } catch (error) {
    if (error instanceof InputError) return `${error.code}: ${error.what}\n${error.next}`;
    throw error;
  }
  return "read";
}

test("formats are told by their bytes, whatever the name, gzipped or not", () => {
  const files = { npy: writeNpy(x), idx, archive: writeNpz(new Map([["x", x]])) };
  for (const [format, bytes] of Object.entries(files)) {
    for (const packed of [bytes, gzipSync(bytes), gzipSync(bytes, { filename: "original.bin", mtime: 0 })]) {
      const found = recognize({ name: "whatever", bytes: packed });
      expect(found.kind === "array" ? found.format : found.kind).toBe(format);
    }
  }
});

test("a damaged gzip file is refused", () => {
  const bytes = gzipSync(writeNpy(x));
  for (let length = 3; length < bytes.length; length++) {
    expect(refusal("x.npy.gz", bytes.subarray(0, length))).toMatch(/^bad-data/);
  }
  for (let at = 12; at < bytes.length; at++) {
    const flipped = bytes.slice();
    flipped[at]! ^= 16;
    // The bits after the last symbol mean nothing: there the array is still read, unchanged.
    const unused = at === bytes.length - 9;
    expect(refusal("x.npy.gz", flipped)).toMatch(unused ? /^(read|bad-data)/ : /^bad-data/);
  }
});

test("a gzip file that claims an impossible size is refused before memory is taken", () => {
  const bytes = gzipSync(idx);
  new DataView(bytes.buffer, bytes.byteOffset).setUint32(bytes.length - 4, 2 ** 31, true);
  expect(refusal("x.gz", bytes)).toMatch(/cannot hold/);
  const bomb = gzipSync(new Uint8Array(5_000_000));
  expect(() => recognize({ name: "x", bytes: bomb }, { bytes: 2 ** 20, entries: 1 })).toThrow(
    /at most 1048576/,
  );
});

test("files that people hand over by mistake are named", () => {
  const mistakes: [string, Uint8Array, RegExp][] = [
    ["a.png", text("\x89PNG\r\n\x1a\n"), /PNG image/],
    ["a.jpg", text("\xff\xd8\xff\xe0"), /JPEG/],
    ["a.csv", text("1.5,2\n3,4\n"), /text, such as CSV[^]*np\.loadtxt/],
    ["a.csv", text(`a${"\xe4"}b,2\n`), /text/],
    ["a.json", text('{"a": 1}'), /text/],
    ["model.onnx", text("\x08\x08\x12\x07pytorch"), /ONNX model, not samples/],
    ["model.pb", text("\x08\x08\x12\x07pytorch"), /ONNX model, not samples/],
    ["a.pkl", text("\x80\x04\x95\0\0"), /pickle/],
    ["a.h5", text("\x89HDF\r\n"), /HDF5/],
    ["a.safetensors", text('\x40\0\0\0\0\0\0\0{"x"'), /safetensors/],
    ["a.html", text("<!DOCTYPE html><p>404"), /web page/],
    ["a.npz", text("version https://git-lfs.github.com/spec/v1"), /git lfs pull/],
    ["a.xz", text("\xfd7zXZ\0"), /unpack/],
    ["a.bin", Uint8Array.of(1, 2, 3, 0, 255), /not known[^]*\.npz/],
    ["a.npy", new Uint8Array(0), /empty/],
    ["a.gz.gz", gzipSync(gzipSync(idx)), /gzipped twice/],
    ["a.pt", zipSync({ "a/data.pkl": text("x") }), /PyTorch/],
  ];
  for (const [name, bytes, message] of mistakes) {
    expect(refusal(name, bytes)).toMatch(/^unknown-format/);
    expect(refusal(name, bytes)).toMatch(message);
  }
});
