import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { errorTable } from "./error-table.js";
import { repositoryRoot } from "./workspace.js";

test("docs/errors.md lists the codes of the sources", async () => {
  await expect(await errorTable()).toMatchFileSnapshot(path.join(repositoryRoot, "docs/errors.md"));
});

test("a code is listed with its error and the comment beside it, sorted, by package", async () => {
  const root = mkdtempSync(path.join(tmpdir(), "mpplan-errors-"));
  mkdirSync(path.join(root, "packages/a/src/deep"), { recursive: true });
  writeFileSync(path.join(root, "packages/a/package.json"), '{ "name": "a" }');
  writeFileSync(
    path.join(root, "packages/a/src/deep/errors.ts"),
    'export type AErrorCode =\n  | "late" // x | y\n  | "early"; // at last\nexport type BErrorCode = "only";\n',
  );
  expect(await errorTable(root)).toMatch(
    /## a\n[^]*`early` +\| `AError` +\| at last +\|\n\| `late` +\| `AError` +\| x \\\| y +\|\n\| `only` +\| `BError` +\| +\|\n$/,
  );
  rmSync(root, { recursive: true });
});
