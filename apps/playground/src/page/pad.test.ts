import { readFileSync } from "node:fs";
import path from "node:path";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { centred, likeMnist, scaled, stroke } from "./pad.js";

const total = (pixels: Uint8Array): number => pixels.reduce((sum, x) => sum + x, 0);
const centre = (p: Uint8Array, side = 28): [number, number] => [
  p.reduce((sum, x, i) => sum + x * (i % side), 0) / total(p),
  p.reduce((sum, x, i) => sum + x * Math.floor(i / side), 0) / total(p),
];
/** Width and height of what is drawn. */
function extent(p: Uint8Array, side = 28): [number, number] {
  const inked = [...p.keys()].filter((i) => p[i]! > 0);
  const range = (values: number[]): number => Math.max(...values) - Math.min(...values) + 1;
  return [range(inked.map((i) => i % side)), range(inked.map((i) => Math.floor(i / side)))];
}

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
  for (const at of centre(moved)) expect(Math.abs(at - 14)).toBeLessThanOrEqual(0.5);
  const wide = new Uint8Array(28 * 28).fill(1);
  wide[0] = 255;
  expect(centred(wide, 28)).toEqual(wide);
  expect(centred(new Uint8Array(4), 2)).toEqual(new Uint8Array(4));
});

test("a drawing fills MNIST's box of 20 by its longer side and keeps its aspect ratio, whatever its size", () => {
  for (const [from, to] of [
    [
      [3, 3],
      [6, 9],
    ],
    [
      [2, 2],
      [15, 26],
    ],
    [
      [1, 10],
      [27, 20],
    ],
  ] as const) {
    const pixels = new Uint8Array(28 * 28);
    stroke(pixels, 28, from, to);
    const [width, height] = extent(pixels);
    const fitted = likeMnist(pixels, 28);
    const [w, h] = extent(fitted);
    expect(Math.max(w, h)).toBe(20);
    expect(Math.abs(w / h - width / height)).toBeLessThan((w / h) * 0.12);
    for (const at of centre(fitted)) expect(Math.abs(at - 14)).toBeLessThanOrEqual(0.5);
    const scale = 20 / Math.max(width, height);
    expect(total(fitted) / (total(pixels) * scale ** 2)).toBeCloseTo(1, 1);
  }
});

test("10 by 10 cells become 20 by 20, each of them four", () => {
  const side = 28;
  const pixels = new Uint8Array(side * side);
  for (let i = 0; i < 100; i++) pixels[(4 + Math.floor(i / 10)) * side + 7 + (i % 10)] = i % 2 ? 200 : 50;
  const large = scaled(pixels, side);
  expect([...large.subarray(0, 6)]).toEqual([50, 50, 200, 200, 50, 50]);
  expect([...large.subarray(side, side + 6)]).toEqual([50, 50, 200, 200, 50, 50]);
  expect(total(large)).toBe(4 * total(pixels));
});

test("a drawing that is too large is made smaller: cells are means of what lies on them", () => {
  const side = 7;
  // On a grid of 7 the box is 5.
  expect([...scaled(new Uint8Array(49).fill(140), side).subarray(0, 7)]).toEqual([
    140, 140, 140, 140, 140, 0, 0,
  ]);
  const left = Uint8Array.from({ length: 49 }, (_, i) => (i % 7 < 1 || i % 7 > 5 ? 70 : 0));
  // The first of five cells covers 1.4 columns, one of them grey.
  expect(scaled(left, side)[0]).toBe(50);
});

test("MNIST's own digits stay where and as large as they are", () => {
  const file = "../../../../fixtures/models/paper-relu/samples/images-1500.idx3-ubyte.gz";
  const bytes = gunzipSync(readFileSync(path.resolve(import.meta.dirname, file)));
  for (let i = 0; i < 200; i++) {
    const digit = new Uint8Array(bytes.subarray(16 + 784 * i, 16 + 784 * (i + 1)));
    expect(likeMnist(digit, 28)).toEqual(digit);
  }
});

test("nothing drawn stays nothing, and a dot does not leave the grid", () => {
  expect(likeMnist(new Uint8Array(784), 28)).toEqual(new Uint8Array(784));
  const corner = new Uint8Array(784);
  corner[783] = 255;
  expect(extent(likeMnist(corner, 28))).toEqual([20, 20]);
});
