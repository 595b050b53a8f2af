import { expect, test } from "vitest";
import { latestOnly } from "./latest.js";

test("wishes that come while one is carried out leave only the latest", async () => {
  const done: number[] = [];
  const ends: (() => void)[] = [];
  const wish = latestOnly(async (n: number) => {
    await new Promise<void>((resolve) => ends.push(resolve));
    done.push(n);
  });
  [1, 2, 3].forEach(wish);
  ends.shift()!();
  await new Promise((resolve) => setTimeout(resolve));
  expect(done).toEqual([1]);
  ends.shift()!();
  await new Promise((resolve) => setTimeout(resolve));
  expect(done).toEqual([1, 3]);
  wish(4);
  expect(ends.length).toBe(1);
});
