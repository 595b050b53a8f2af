// Rounding and codes against tables made by GNU MPFR: fixtures/formats/README.md has their schema and origin.

import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { bitsToDouble } from "../src/bits.js";
import {
  catalog,
  compileRound,
  decode,
  encode,
  exponentBits,
  type FloatFormat,
  formatNamed,
  fractionBits,
  maxFinite,
  minSubnormal,
  round,
} from "../src/index.js";
import { Mismatches } from "./support.js";

interface Table {
  readonly format: {
    readonly name: string;
    readonly exponentBits: number;
    readonly fractionBits: number;
    readonly bias: number;
    readonly bits: number;
    readonly largest: string;
    readonly smallest: string;
    readonly infinities: boolean;
    readonly nans: string;
  };
  readonly decode: readonly (readonly [code: number, value: string])[];
  readonly round: {
    readonly columns: readonly string[];
    readonly cases: readonly (readonly [
      x: string,
      nearest: string,
      saturating: string,
      towardZero: string,
    ])[];
  };
}

// Math.fround and DataView are the oracle of binary32, and binary64 needs none. The FNUZ formats have no table: their
// finite values are those of a format without NaN, and ONNX's own Cast cases check them in the conformance test.
const formats: readonly FloatFormat[] = [
  ...catalog.filter((format) => format.bits < 32 && format.nans !== "negative-zero"),
  formatNamed("e4m7"),
  formatNamed("e5m6"),
];

describe.each(formats.map((format) => [format.name, format] as const))(
  "%s agrees with MPFR",
  (name, format) => {
    const table = () => readTable(name);

    test("in its facts", () => {
      expect({
        name: format.name,
        exponentBits: exponentBits(format),
        fractionBits: fractionBits(format),
        bias: format.bias,
        bits: format.bits,
        largest: maxFinite(format),
        smallest: minSubnormal(format),
        infinities: format.infinities,
        nans: format.nans,
      }).toEqual({
        ...omitReference(table().format),
        largest: Number(table().format.largest),
        smallest: Number(table().format.smallest),
      });
    });

    test("in its codes", () => {
      const rows = table().decode;
      expect(rows.length).toBeGreaterThanOrEqual(Math.min(2 ** format.bits, 4096));
      const bad = new Mismatches();
      for (const [code, text] of rows) {
        const value = Number(text);
        bad.same(decode(code, format), value, () => `decode(${code})`);
        if (!Number.isNaN(value))
          bad.same(encode(value, format), value === 0 ? 0 : code, () => `encode(${text})`);
      }
      expect(bad.examples).toEqual([]);
    });

    test("in its rounding, by the reference and by the fast twin", () => {
      const { columns, cases } = table().round;
      expect(columns).toEqual(["x", "nearest", "nearestSaturating", "towardZero"]);
      expect(cases.length).toBeGreaterThanOrEqual(4200);
      const saturate = { overflow: "saturate" } as const;
      const fast = compileRound(format);
      const fastSaturating = compileRound(format, saturate);
      const bad = new Mismatches();
      for (const [bits, ...expectedBits] of cases) {
        const x = fromBits(bits);
        const [nearest, saturating, towardZero] = expectedBits.map(fromBits) as [number, number, number];
        bad.same(round(x, format), nearest, () => `nearest ${x}`);
        bad.same(fast(x), nearest, () => `fast ${x}`);
        bad.same(round(x, format, saturate), saturating, () => `saturating ${x}`);
        bad.same(fastSaturating(x), saturating, () => `fast saturating ${x}`);
        bad.same(round(x, format, { rounding: "toward-zero" }), towardZero, () => `toward zero ${x}`);
      }
      expect(bad.examples).toEqual([]);
    });
  },
);

/** Throws, and so fails the test, if the table is missing. */
function readTable(name: string): Table {
  const file = new URL(`../../../fixtures/formats/${name}.json.gz`, import.meta.url);
  return JSON.parse(gunzipSync(readFileSync(file)).toString("utf8")) as Table;
}

function omitReference({ name, exponentBits, fractionBits, bias, bits, infinities, nans }: Table["format"]) {
  return { name, exponentBits, fractionBits, bias, bits, infinities, nans };
}

function fromBits(hexadecimal: string): number {
  return bitsToDouble(BigInt(`0x${hexadecimal}`));
}
