import { expect, test } from "vitest";
import {
  catalog,
  decode,
  describeFormat,
  e2m1,
  e4m3fnuz,
  e5m2fnuz,
  encode,
  ieeeE4m3,
  ocpE4m3,
} from "../index.js";

test("the catalogue is sorted by name", () => {
  const names = catalog.map((format) => format.name);
  expect(names).toEqual([...names].sort());
});

test("the catalogue on one screen", () => {
  expect(catalog.map(describeFormat).join("\n")).toMatchInlineSnapshot(`
    "bfloat16: 16 bits, 8 significant, max 3.3895313892515355e+38, smallest 9.183549615799121e-41, unit roundoff 2^-8
    binary16: 16 bits, 11 significant, max 65504, smallest 5.960464477539063e-8, unit roundoff 2^-11
    binary32: 32 bits, 24 significant, max 3.4028234663852886e+38, smallest 1.401298464324817e-45, unit roundoff 2^-24
    binary64: 64 bits, 53 significant, max 1.7976931348623157e+308, smallest 5e-324, unit roundoff 2^-53
    e2m1: 4 bits, 2 significant, max 6, smallest 0.5, unit roundoff 2^-2
    e2m3: 6 bits, 4 significant, max 7.5, smallest 0.125, unit roundoff 2^-4
    e3m2: 6 bits, 3 significant, max 28, smallest 0.0625, unit roundoff 2^-3
    e4m3fnuz: 8 bits, 4 significant, max 240, smallest 0.0009765625, unit roundoff 2^-4
    e5m2fnuz: 8 bits, 3 significant, max 57344, smallest 0.00000762939453125, unit roundoff 2^-3
    ieee-e4m3: 8 bits, 4 significant, max 240, smallest 0.001953125, unit roundoff 2^-4
    ocp-e4m3: 8 bits, 4 significant, max 448, smallest 0.001953125, unit roundoff 2^-4
    ocp-e5m2: 8 bits, 3 significant, max 57344, smallest 0.0000152587890625, unit roundoff 2^-3
    tf32: 19 bits, 11 significant, max 3.4011621342146535e+38, smallest 1.1479437019748901e-41, unit roundoff 2^-11"
  `);
});

test("e2m1 has the sixteen values of the OCP specification", () => {
  const values = Array.from({ length: 16 }, (_, code) => decode(code, e2m1));
  expect(values).toEqual([0, 0.5, 1, 1.5, 2, 3, 4, 6, -0, -0.5, -1, -1.5, -2, -3, -4, -6]);
});

test("the two E4M3 differ in their top exponent only", () => {
  const differing = Array.from({ length: 128 }, (_, code) => code).filter(
    (code) => !Object.is(decode(code, ieeeE4m3), decode(code, ocpE4m3)),
  );
  // 0x7f is NaN in both.
  expect(differing).toEqual([0x78, 0x79, 0x7a, 0x7b, 0x7c, 0x7d, 0x7e]);
});

test("the FNUZ formats reach one exponent further down, and NaN takes the place of -0", () => {
  for (const [format, max] of [
    [e4m3fnuz, 240],
    [e5m2fnuz, 57344],
  ] as const) {
    const values = Array.from({ length: 256 }, (_, code) => decode(code, format));
    expect(values.flatMap((x, code) => (Number.isNaN(x) ? [code] : []))).toEqual([0x80]);
    expect(Math.max(...values.filter((x) => !Number.isNaN(x)))).toBe(max);
    expect(encode(NaN, format)).toBe(0x80);
    expect(encode(1e9, format)).toBe(0x80);
    expect(encode(1e9, format, { overflow: "saturate" })).toBe(0x7f);
  }
});
