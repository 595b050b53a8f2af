// Seeded damage to whole models, the same few thousand on every run; `pnpm fuzz` goes on for as long as wanted.
import { spawnSync } from "node:child_process";
import path from "node:path";
import { expect, test } from "vitest";
import { generator, mutant } from "./fuzz/mutate.js";
import { readCorpus } from "./fuzz/corpus.js";
import { root } from "./support.js";

test("a mutant is the same for the same seed and number, and another for others", () => {
  const corpus = readCorpus().map(({ bytes }) => bytes);
  expect(mutant(corpus, 1, 5)).toEqual(mutant(corpus, 1, 5));
  const some = new Set([1, 2].flatMap((seed) => [1, 2, 3].map((n) => mutant(corpus, seed, n).join())));
  expect(some.size).toBe(6);
  const random = generator(7);
  expect([random(), random()].every((x) => x >= 0 && x < 1)).toBe(true);
});

test("damaged models end in a graph or in an error of ours, soon, and with little memory", () => {
  const main = path.join(root, "packages", "mpplan", "test", "fuzz", "main.ts");
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["--conditions=@mpplan/source", "--import", "tsx", main, "--mutants", "2500", "--seed", "20240101"],
    { cwd: root, encoding: "utf8" },
  );
  expect(status, stdout + stderr).toBe(0);
  const { mutants, ends } = JSON.parse(stdout.split("\n")[0]!) as {
    mutants: number;
    ends: Record<string, number>;
  };
  expect(mutants).toBe(2500);
  // Some damage is harmless and some is not: else the test would test nothing.
  for (const end of ["ran", "imported", "truncated", "not-onnx", "invalid-model", "shape", "limit"]) {
    expect(ends[end], end).toBeGreaterThan(4);
  }
});
