import { expect, test } from "vitest";
import { centred, stroke } from "./pad.js";

const total = (pixels: Uint8Array): number => pixels.reduce((sum, x) => sum + x, 0);

test("a stroke is soft, and one over it takes nothing away", () => {
  const pixels = new Uint8Array(28 * 28);
  stroke(pixels, 28, [5, 5], [5, 20]);
  expect(Math.max(...pixels)).toBe(255);
  expect(pixels.some((value) => value > 0 && value < 255)).toBe(true);
  const before = pixels.slice();
  stroke(pixels, 28, [5, 5], [5, 20]);
  expect(pixels).toEqual(before);
});

test("a drawing is moved to the middle, and stays whole where it cannot get there", () => {
  const pixels = new Uint8Array(28 * 28);
  stroke(pixels, 28, [3, 3], [3, 9]);
  const moved = centred(pixels, 28);
  expect(total(moved)).toBe(total(pixels));
  const column = (p: Uint8Array): number => p.reduce((sum, x, i) => sum + x * (i % 28), 0) / total(p);
  expect(column(moved)).toBeCloseTo(13.5, 0);
  const wide = new Uint8Array(28 * 28).fill(1);
  wide[0] = 255;
  expect(centred(wide, 28)).toEqual(wide);
  expect(centred(new Uint8Array(4), 2)).toEqual(new Uint8Array(4));
});
