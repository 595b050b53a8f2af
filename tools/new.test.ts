// Adds one of each kind to a copy of the packages, and lets the compiler read what was written.
import { cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import * as prettier from "prettier";
import ts from "typescript";
import { afterAll, beforeAll, expect, test } from "vitest";
import { addToSeam } from "./new.js";
import { seams } from "./new/seams.js";
import { repositoryRoot, workspacePackages } from "./workspace.js";

const packages = workspacePackages();
const root = mkdtempSync(path.join(tmpdir(), "mpplan-new-"));
afterAll(() => rmSync(root, { recursive: true }));

beforeAll(() => {
  symlinkSync(path.join(repositoryRoot, "node_modules"), path.join(root, "node_modules"), "dir");
  for (const { dir } of packages) {
    for (const part of ["package.json", "src"])
      cpSync(path.join(repositoryRoot, dir, part), path.join(root, dir, part), { recursive: true });
    const modules = path.join(repositoryRoot, dir, "node_modules");
    if (existsSync(modules)) symlinkSync(modules, path.join(root, dir, "node_modules"), "dir");
  }
});

const read = (file: string): string => readFileSync(path.join(root, file), "utf8");

/** What the compiler says of these files, with every package of the workspace read from the copy's sources. */
function compilerComplaints(files: readonly string[]): string[] {
  const paths = Object.fromEntries(packages.map((p) => [p.name, [path.join(root, p.dir, "src/index.ts")]]));
  const config = ts.readConfigFile(path.join(repositoryRoot, "tsconfig.json"), ts.sys.readFile)
    .config as object;
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, repositoryRoot);
  const program = ts.createProgram(
    files.map((file) => path.join(root, file)),
    { ...options, paths, typeRoots: [path.join(repositoryRoot, "node_modules/@types")] },
  );
  return files.flatMap((file) => {
    const source = program.getSourceFile(path.join(root, file))!;
    const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
    return found.map((d) => `${file}: ${ts.flattenDiagnosticMessageText(d.messageText, "\n")}`);
  });
}

test("one of each kind compiles, is formatted, and stands sorted in its registries", async () => {
  const files = new Set<string>();
  for (const kind of Object.keys(seams)) {
    const name = kind === "format" ? "made-up-e3m4" : "made-up";
    for (const file of await addToSeam(root, kind, name)) files.add(file);
  }
  expect(compilerComplaints([...files])).toEqual([]);
  const options = await prettier.resolveConfig(path.join(repositoryRoot, "package.json"));
  for (const file of files) {
    expect(await prettier.check(read(file), { ...options, filepath: file }), file).toBe(true);
  }

  const listed = (file: string, list: RegExp): string[] =>
    list
      .exec(read(file))![1]!
      .split(/[,|]/)
      .map((item) => item.trim())
      .filter(Boolean);
  expect(listed("packages/mpplan/src/cli/commands/index.ts", /CliCommand\[\] = \[([^\]]*)/).at(-1)).toBe(
    "madeUp",
  );
  for (const [names, added] of [
    [listed("packages/ir/src/ops/names.ts", /type OpName =([^;]*)/), '"MadeUp"'],
    [listed("packages/ir/src/ops/index.ts", /const ops = \{([^}]*)/), "MadeUp: madeUp"],
    [
      listed("packages/runtime/src/reference/kernels/index.ts", /const kernels = \{([^}]*)/),
      "MadeUp: madeUp",
    ],
    [listed("packages/formats/src/catalog/index.ts", /freeze\(\[([^\]]*)/), "madeUpE3m4"],
    [listed("packages/formats/src/catalog/index.ts", /export \{([^}]*)/), "madeUpE3m4"],
    [listed("packages/planner/src/policies/index.ts", /Policy\[\] = \[([^\]]*)/), "madeUp"],
  ] as const) {
    expect(names).toContain(added);
    expect(names).toEqual([...names].sort());
  }
  expect(read("packages/formats/src/catalog/made-up-e3m4.ts")).toMatch(/bits: 8,\s+precision: 5,\s+bias: 3,/);
});

test("every addition comes with a test", () => {
  for (const seam of Object.values(seams)) {
    const files = Object.keys(seam.files({ kebab: "x", camel: "x", pascal: "X" }));
    for (const file of files.filter((f) => !f.endsWith(".test.ts"))) {
      expect(files).toContain(file.replace(/\.ts$/, ".test.ts"));
    }
  }
});

test("what exists is not written again, and a kind that is none is named", async () => {
  await expect(addToSeam(root, "op", "conv")).rejects.toThrow(
    "conv exists\n  where: packages/ir/src/ops/conv.ts",
  );
  await expect(addToSeam(root, "op", "Tanh")).rejects.toThrow("Tanh");
  await expect(addToSeam(root, "opp", "x")).rejects.toThrow("use one of: ");
  await expect(addToSeam(root, "op", "a b")).rejects.toThrow("is no name");
  expect(readdirSync(path.join(root, "packages/ir/src/ops"))).not.toContain("tanh.ts");
});
