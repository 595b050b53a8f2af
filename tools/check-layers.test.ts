import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { layerProblems } from "./check-layers.js";
import { repositoryRoot } from "./workspace.js";

const made: string[] = [];
afterAll(() => made.forEach((dir) => rmSync(dir, { recursive: true })));

const tsconfig = JSON.stringify({ compilerOptions: { module: "NodeNext", moduleResolution: "NodeNext" } });

/** A workspace of these files; a manifest may be given as what differs from an empty one. */
function tree(files: Record<string, string | object>): string {
  const root = mkdtempSync(path.join(tmpdir(), "mpplan-layers-"));
  made.push(root);
  for (const [file, content] of Object.entries({ "tsconfig.json": tsconfig, ...files })) {
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    writeFileSync(path.join(root, file), typeof content === "string" ? content : JSON.stringify(content));
  }
  return root;
}

const on = (...names: string[]) => Object.fromEntries(names.map((name) => [name, "workspace:^"]));

test("this repository keeps its layers", async () => {
  expect(await layerProblems(repositoryRoot)).toEqual([]);
});

test("downward arrows pass, also those that skip a layer, and apps use anything", async () => {
  const root = tree({
    "packages/formats/package.json": { name: "@mpplan/formats" },
    "packages/ir/package.json": { name: "@mpplan/ir", dependencies: on("@mpplan/formats") },
    "packages/planner/package.json": { name: "@mpplan/planner", dependencies: on("@mpplan/formats") },
    "packages/calibration/package.json": { name: "@mpplan/calibration", dependencies: on("@mpplan/runtime") },
    "packages/mpplan/package.json": {
      name: "mpplan",
      dependencies: on("@mpplan/planner", "@mpplan/calibration"),
    },
    "apps/bench/package.json": { name: "bench", dependencies: on("mpplan", "@mpplan/formats") },
  });
  expect(await layerProblems(root)).toEqual([]);
});

test.each([
  ["@mpplan/formats", "@mpplan/ir", "arrows point downward"],
  ["@mpplan/runtime", "@mpplan/onnx", "arrows point downward"],
  ["@mpplan/calibration", "@mpplan/planner", "they share a layer"],
  ["@mpplan/runtime-cpu", "@mpplan/runtime-webgpu", "they share a layer"],
  ["@mpplan/planner", "@mpplan/runtime", "never runs a graph"],
  ["@mpplan/onnx", "@mpplan/runtime", "never runs a graph"],
  ["@mpplan/testkit", "@mpplan/planner", "imports @mpplan/runtime at most"],
  ["mpplan", "@mpplan/testkit", "is a dev dependency only"],
])("%s may not depend on %s", async (from, to, why) => {
  const root = tree({ "packages/p/package.json": { name: from, dependencies: on(to) } });
  const [problem, ...rest] = await layerProblems(root);
  expect(rest).toEqual([]);
  expect(problem).toContain(`${from} may not depend on ${to}`);
  expect(problem).toContain(why);
  expect(problem).toContain("where: packages/p/package.json, dependencies");
  expect(problem).toContain("next: ");
});

test("a dev dependency obeys the law too, but for the testkit", async () => {
  const root = tree({
    "packages/p/package.json": {
      name: "@mpplan/planner",
      devDependencies: on("@mpplan/testkit", "@mpplan/runtime"),
    },
  });
  const problems = await layerProblems(root);
  expect(problems).toHaveLength(1);
  expect(problems[0]).toContain("@mpplan/runtime");
});

test("an app is imported by nobody, and a package without a layer is named", async () => {
  const root = tree({
    "apps/bench/package.json": { name: "bench" },
    "packages/mpplan/package.json": { name: "mpplan", dependencies: on("bench") },
    "packages/stray/package.json": { name: "@mpplan/stray" },
  });
  const problems = (await layerProblems(root)).join("\n");
  expect(problems).toContain("mpplan may not depend on bench: apps are imported by nobody");
  expect(problems).toContain("@mpplan/stray has no place in the layers");
});

test("an import that the manifest does not declare is found, of types and dynamic ones too", async () => {
  const root = tree({
    "packages/formats/package.json": { name: "@mpplan/formats" },
    "packages/ir/package.json": { name: "@mpplan/ir", devDependencies: on("@mpplan/formats") },
    "packages/ir/src/a.ts": 'import type { FloatFormat } from "@mpplan/formats";',
    "packages/ir/src/b.ts": 'export const load = () => import("@mpplan/formats");',
    "packages/ir/src/c.ts": 'export { round } from "../../formats/src/round.js";',
    "packages/ir/src/fine.test.ts": 'import { round } from "@mpplan/formats";',
    "packages/ir/test/fine.test.ts": 'import { support } from "../../formats/test/support.js";',
    "packages/formats/test/upward.test.ts": 'import { support } from "../../ir/test/support.js";',
  });
  expect(await layerProblems(root)).toEqual([
    expect.stringContaining("reaches into @mpplan/ir by path"),
    expect.stringContaining("where: packages/ir/src/a.ts"),
    expect.stringContaining("where: packages/ir/src/b.ts"),
    expect.stringContaining("reaches into @mpplan/formats by path"),
  ]);
});

test("a circle of files is found, a circle of types is none", async () => {
  const root = tree({
    "packages/formats/package.json": { name: "@mpplan/formats" },
    "packages/formats/src/index.ts": 'export * from "./a.js"; export * from "./c.js";',
    "packages/formats/src/a.ts": 'import { b } from "./b.js"; export const a = () => b;',
    "packages/formats/src/b.ts": 'import { a } from "./a.js"; export const b = () => a;',
    "packages/formats/src/c.ts": 'import type { D } from "./d.js"; export interface C { d: D }',
    "packages/formats/src/d.ts": 'import type { C } from "./c.js"; export interface D { c: C }',
  });
  const problems = await layerProblems(root);
  expect(problems).toHaveLength(1);
  expect(problems[0]).toContain(
    "packages/formats/src/a.ts -> packages/formats/src/b.ts -> packages/formats/src/a.ts",
  );
});
