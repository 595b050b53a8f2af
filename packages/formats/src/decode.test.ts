// Every code of the small formats is in test/every-code.test.ts.

import { expect, test } from "vitest";
import { binary16, binary64, decode, e3m2, ocpE4m3, ocpE5m2 } from "./index.js";

test("landmarks of the specifications", () => {
  expect(decode(0x7bff, binary16)).toBe(65504);
  expect(decode(0x0001, binary16)).toBe(2 ** -24);
  expect(decode(0xfc00, binary16)).toBe(-Infinity);
  expect(decode(0x7c01, binary16)).toBe(NaN);
  expect(decode(0x7e, ocpE4m3)).toBe(448);
  expect(decode(0xff, ocpE4m3)).toBe(NaN);
  expect(decode(0x01, ocpE4m3)).toBe(2 ** -9);
  expect(decode(0x7b, ocpE5m2)).toBe(57344);
  expect(decode(0x1f, e3m2)).toBe(28);
});

test("a number that is no code is refused", () => {
  for (const code of [-1, 0x10000, 1.5, NaN]) {
    expect(() => decode(code, binary16)).toThrow(`${code} is no code of binary16`);
  }
  expect(() => decode(0x10000, binary16)).toThrowErrorMatchingInlineSnapshot(`
    [FormatError: 65536 is no code of binary16
      where: decode
      next: give an integer from 0 to 2^16 - 1]
  `);
  expect(() => decode(0, binary64)).toThrow("getBigUint64");
});
