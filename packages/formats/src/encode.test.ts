// Every code of the small formats is in test/every-code.test.ts.

import { expect, test } from "vitest";
import { anyDouble, Mismatches } from "../test/support.js";
import {
  bfloat16,
  binary16,
  binary32,
  binary64,
  decode,
  e2m1,
  encode,
  formatNamed,
  ocpE4m3,
  round,
  seededRandom,
  tf32,
} from "./index.js";

test("codes are sign, exponent, fraction", () => {
  expect(encode(1, binary16)).toBe(0x3c00);
  expect(encode(-2, binary16)).toBe(0xc000);
  expect(encode(2 ** -24, binary16)).toBe(1);
  expect(encode(-1.5, bfloat16)).toBe(0xbfc0);
  expect(encode(448, ocpE4m3)).toBe(0x7e);
  expect(encode(-6, e2m1)).toBe(0xf);
  expect(encode(1, tf32)).toBe(0x1fc00);
});

test("a number is rounded first, by the options", () => {
  expect(encode(65520, binary16)).toBe(0x7c00);
  expect(encode(65520, binary16, { overflow: "saturate" })).toBe(0x7bff);
  expect(encode(1.999, ocpE4m3, { rounding: "toward-zero" })).toBe(0x3f);
});

test("NaN has one code, the quiet one without sign", () => {
  expect(encode(NaN, binary16)).toBe(0x7e00);
  expect(encode(NaN, bfloat16)).toBe(0x7fc0);
  expect(encode(NaN, binary32)).toBe(0x7fc00000);
  expect(encode(NaN, ocpE4m3)).toBe(0x7f);
  expect(encode(-Infinity, ocpE4m3)).toBe(0x7f);
});

test("zero has one code; the other one decodes to -0", () => {
  expect(encode(-0, binary16)).toBe(0);
  expect(encode(-1e-30, binary16)).toBe(0);
  expect(decode(0x8000, binary16)).toBe(-0);
});

test("binary32 codes are those of DataView, on 200,000 codes", () => {
  const view = new DataView(new ArrayBuffer(4));
  const random = seededRandom(12);
  const bad = new Mismatches();
  for (let i = 0; i < 200_000; i++) {
    const code = ((random() << 8) | (random() & 255)) >>> 0;
    view.setUint32(0, code);
    bad.same(decode(code, binary32), view.getFloat32(0), () => code.toString(16));
    const x = anyDouble(random) * 2 ** -500;
    const rounded = round(x, binary32);
    view.setFloat32(0, rounded);
    bad.same(encode(x, binary32), view.getUint32(0), () => `${x}`);
  }
  expect(bad.examples).toEqual([]);
});

test("codes of more than 32 bits are exact too", () => {
  const wide = formatNamed("e10m24");
  expect(encode(-1, wide)).toBe(2 ** 34 + 511 * 2 ** 24);
  expect(decode(2 ** 34 + 511 * 2 ** 24 + 1, wide)).toBe(-1 - 2 ** -24);
});

test("what has no code is refused", () => {
  expect(() => encode(NaN, e2m1)).toThrowErrorMatchingInlineSnapshot(`
    [FormatError: e2m1 has no code for NaN
      where: encode
      next: find where the NaN comes from, or choose a format that has one]
  `);
  expect(() => encode(1, binary64)).toThrowErrorMatchingInlineSnapshot(`
    [FormatError: codes of binary64 have 64 bits and do not fit a number
      where: encode
      next: use DataView.setFloat64 and getBigUint64]
  `);
});
