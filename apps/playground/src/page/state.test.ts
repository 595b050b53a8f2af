import { expect, test } from "vitest";
import type { MeasuredRow } from "../protocol.js";
import { withRow } from "./state.js";

test("a row that is measured again takes its own place", () => {
  const row = (name: string, targetCost: number, error: number) =>
    ({ name, targetCost, tau: null, error }) as MeasuredRow;
  const rows = [row("hybrid", 0.5, 1), row("hybrid", 0.75, 2)].reduce(withRow, [] as readonly MeasuredRow[]);
  expect(withRow(rows, row("hybrid", 0.5, 3)).map((r) => r.error)).toEqual([3, 2]);
});
