import { expect, test } from "vitest";
import { InputError } from "./errors.js";
import { affineFor, applyAffine, parseNumber, parseNumbers } from "./preprocess.js";

test("numbers may be decimals and fractions", () => {
  expect(parseNumber("1/255")).toBe(1 / 255);
  expect(parseNumber(" -2.5e-3 ")).toBe(-0.0025);
  expect(parseNumber(".5 / 2")).toBe(0.25);
  expect(parseNumbers("0.485,0.456, 1/4")).toEqual([0.485, 0.456, 0.25]);
});

test("anything else is a wrong option", () => {
  for (const text of ["", "x", "1/0", "1/2/3", "0x10", "1e999", "NaN", "Infinity", "1,2"]) {
    expect(() => parseNumber(text, "--scale")).toThrow(InputError);
  }
});

test("mean and std may differ per channel of axis 1", () => {
  const affine = affineFor({ scale: 0.5, mean: [1, 2], std: 4 }, [1, 2, 1, 3], "x")!;
  expect(Array.from({ length: 6 }, (_, i) => applyAffine(affine, 10, i))).toEqual([
    1, 1, 1, 0.75, 0.75, 0.75,
  ]);
});

test("channels repeat from item to item of a batch", () => {
  const affine = affineFor({ mean: [1, 2] }, [2, 2], "x")!;
  expect([0, 1, 2, 3].map((i) => applyAffine(affine, 0, i))).toEqual([-1, -2, -1, -2]);
});

test("options that make no sense are refused", () => {
  expect(() => affineFor({ std: 0 }, [1, 3], "x")).toThrow(/--std is 0/);
  expect(() => affineFor({ scale: NaN }, [1, 3], "x")).toThrow(/--scale is NaN/);
  expect(() => affineFor({ mean: [] }, [1, 3], "x")).toThrow(/--mean is empty/);
  expect(() => affineFor({ mean: [1, 2] }, [1, 3, 4, 4], "x")).toThrow(
    /2 numbers, but the input has 3 channels/,
  );
});

test("no options ask for nothing", () => {
  expect(affineFor({}, [1, 3], "x")).toBeNull();
});
