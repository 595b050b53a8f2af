import { catalog, FormatError } from "@mpplan/formats";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { IrError } from "./errors.js";
import {
  checkAccumulator,
  parseOrder,
  printAccumulator,
  printOperands,
  printOrder,
  resultFormat,
  type SumOrder,
} from "./precision.js";
import { lowHigh } from "./testing.js";

const positive = fc.integer({ min: 1, max: 999_999_999 });
const orders: fc.Arbitrary<SumOrder> = fc.oneof(
  fc.constant<SumOrder>({ kind: "sequential" }),
  fc.constant<SumOrder>({ kind: "pairwise" }),
  positive.map((block): SumOrder => ({ kind: "blocked", block })),
  fc
    .tuple(positive, fc.constantFrom(...catalog.map((f) => f.name), "e5m6"))
    .map(([chunk, outer]): SumOrder => ({ kind: "chunked", chunk, outer })),
  fc
    .tuple(positive, fc.integer({ min: 2, max: 40 }))
    .map(([group, bits]): SumOrder => ({ kind: "aligned", group, bits })),
);

test("an order that is printed is read again as it was", () => {
  fc.assert(
    fc.property(orders, (order) => {
      expect(parseOrder(printOrder(order))).toEqual(order);
    }),
  );
});

test("spaces do not matter", () => {
  expect(parseOrder(" chunked ( 32,binary32 ) ")).toEqual({ kind: "chunked", chunk: 32, outer: "binary32" });
});

test.each([
  "",
  "blocked",
  "blocked(0)",
  "blocked(-1)",
  "blocked(1.5)",
  "blocked(8,8)",
  "sequential(1)",
  "aligned(32)",
  "aligned(32, 1)",
  "aligned(32, 41)",
  "chunked(8)",
  "tree",
])("the order %j is refused", (text) => {
  expect(() => parseOrder(text)).toThrowError(IrError);
});

test("a format that does not exist is refused in an order", () => {
  expect(() => parseOrder("chunked(8, fp7)")).toThrowError(FormatError);
});

describe("printing", () => {
  test("an accumulator names all that fixes the bits of a sum", () => {
    expect(printAccumulator(lowHigh[0]!)).toBe("ieee-e4m3, blocked(8), f32-add, nearest-even, saturate");
    expect(
      printAccumulator({ ...lowHigh[0]!, order: { kind: "chunked", chunk: 32, outer: "binary32" } }),
    ).toBe("ieee-e4m3, chunked(32, binary32), f32-add, nearest-even, saturate");
  });

  test("operands say what is left alone", () => {
    expect(printOperands({ weights: "ieee-e4m3", activations: null })).toBe(
      "weights ieee-e4m3, activations as they are",
    );
  });
});

test("a finished sum is in the outer format where the order promotes", () => {
  const low = lowHigh[0]!;
  expect(resultFormat(low)).toBe("ieee-e4m3");
  expect(resultFormat({ ...low, order: { kind: "chunked", chunk: 8, outer: "binary32" } })).toBe("binary32");
});

describe("checkAccumulator", () => {
  const low = lowHigh[0]!;
  test("passes what exists", () => expect(checkAccumulator(low)).toBe(low));
  test("refuses formats that do not", () => {
    expect(() => checkAccumulator({ ...low, format: "fp7" })).toThrowError(FormatError);
    expect(() =>
      checkAccumulator({ ...low, order: { kind: "chunked", chunk: 8, outer: "fp7" } }),
    ).toThrowError(FormatError);
  });
  test("refuses directed rounding of binary64, which nothing carries", () => {
    expect(() => checkAccumulator({ ...low, format: "binary64", rounding: "toward-zero" })).toThrowError(
      expect.objectContaining({ code: "invalid-accumulator" }),
    );
  });
});
