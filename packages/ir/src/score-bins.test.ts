import { expect, test } from "vitest";
import { scoreBin, scoreEdge } from "./score-bins.js";

const edges = Array.from({ length: 240 }, (_, i) => i - 47);

test("edges ascend, and zero is one of them", () => {
  for (const bin of edges) expect(scoreEdge(bin)).toBeGreaterThan(scoreEdge(bin - 1));
  expect(scoreEdge(0)).toBe(0);
});

test("a bin holds its upper edge, and not its lower one", () => {
  for (const bin of edges) {
    expect(scoreBin(scoreEdge(bin))).toBe(bin);
    const inside = (scoreEdge(bin) + scoreEdge(bin - 1)) / 2;
    expect(scoreBin(inside)).toBe(bin);
    const above = scoreEdge(bin) + Math.abs(scoreEdge(bin)) * 2 ** -50 + 2 ** -60;
    expect(scoreBin(above)).toBe(bin + 1);
  }
});

test("scores beyond the ends fall into the last bins", () => {
  expect(scoreBin(Infinity)).toBe(scoreBin(2 ** 40));
  expect(scoreBin(-Infinity)).toBe(scoreBin(-(2 ** 40)));
  expect(scoreBin(-0)).toBe(0);
});
