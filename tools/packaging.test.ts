// Builds and packs every public package, installs the tarballs into an empty project outside the workspace, and uses
// them there: with a strict compiler, in Node, at the command line and in a browser bundle.
import { execFile } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { repositoryRoot, workspacePackages } from "./workspace.js";

const publicPackages = workspacePackages().filter((p) => !p.manifest.private);
const names = publicPackages.map((p) => p.name);

const tinyModel = path.join(repositoryRoot, "fixtures/models/tiny/model.onnx");

/** One use of each package, compiled and run as a user's file would be. It throws where the package misbehaves. */
const uses: Record<string, string> = {
  "@mpplan/formats": `
    import { bfloat16, round } from "@mpplan/formats";
    const rounded: number = round(1 + 2 ** -8, bfloat16);
    if (rounded !== 1) throw new Error(String(rounded));`,
  "@mpplan/ir": `
    import { presetNamed, defaultPreset, printAccumulator, type Accumulator } from "@mpplan/ir";
    const low: Accumulator = presetNamed(defaultPreset).low;
    if (!printAccumulator(low).includes(low.format)) throw new Error(printAccumulator(low));`,
  "@mpplan/onnx": `
    import { ImportError, importOnnx } from "@mpplan/onnx";
    let code: string | undefined;
    try { importOnnx(new Uint8Array()); } catch (error) { if (error instanceof ImportError) code = error.code; }
    if (code !== "empty-file") throw new Error(String(code));`,
  "@mpplan/calibration": `
    import { calibrate, evaluate, guessTask } from "@mpplan/calibration";
    if (guessTask(new Map()) === undefined) throw new Error("no task");
    void calibrate; void evaluate;`,
  "@mpplan/planner": `
    import { policies, policyNamed, type Policy } from "@mpplan/planner";
    const first: Policy = policyNamed(policies[0]!.name);
    if (first !== policies[0]) throw new Error(first.name);`,
  "@mpplan/runtime": `
    import { createExecutor, createReferenceBackend, type Executor } from "@mpplan/runtime";
    const executor: Executor = createExecutor(createReferenceBackend());
    if (typeof executor.prepare !== "function") throw new Error("no executor");`,
  mpplan: `
    import { compileModel, InferenceSession, Tensor } from "mpplan";
    import { loadSamples } from "mpplan/node";
    import { comparisonHtml } from "mpplan/report";
    const session = await InferenceSession.create(${JSON.stringify(tinyModel)});
    if (session.inputNames.length === 0) throw new Error("no inputs");
    const tensor = new Tensor("float32", Float32Array.of(1, 2), [2]);
    if (tensor.size !== 2) throw new Error(String(tensor.size));
    void compileModel; void loadSamples; void comparisonHtml;`,
};
const useOf = (name: string): string =>
  uses[name] ??
  `import * as all from "${name}"; if (Object.keys(all).length === 0) throw new Error("nothing is exported");`;

/** The name of a package as a file name. */
const slug = (name: string): string => name.replace("@", "").replace("/", "-");

const project = mkdtempSync(path.join(tmpdir(), "mpplan-installed-"));
const installed = (name: string, ...rest: string[]): string =>
  path.join(project, "node_modules", name, ...rest);
const bin = (name: string): string => path.join(repositoryRoot, "node_modules/.bin", name);

// npm tells a script where it stands in variables; a script that starts npm elsewhere must not pass them on.
const env: NodeJS.ProcessEnv = Object.fromEntries(
  Object.entries(process.env).filter(([key]) => !/^npm_(package|lifecycle|config_local_prefix)/.test(key)),
);
env["TURBO_TELEMETRY_DISABLED"] = "1";
env["PATH"] = path.join(repositoryRoot, "node_modules/.bin") + path.delimiter + (process.env["PATH"] ?? "");

function run(command: string, args: string[], cwd: string): Promise<string> {
  const options = { cwd, env, shell: process.platform === "win32", maxBuffer: 2 ** 26 };
  return new Promise((resolve, reject) => {
    execFile(command, args, options, (error, stdout, stderr) => {
      if (error) reject(new Error(`${command} ${args.join(" ")} failed\n${stdout}${stderr}`));
      else resolve(stdout);
    });
  });
}

beforeAll(async () => {
  // The cache makes this nearly free after npm test's own build, and the test never packs a stale one.
  await run(bin("turbo"), ["run", "build", "--output-logs=errors-only"], repositoryRoot);
  const tarballs = path.join(project, "tarballs");
  mkdirSync(tarballs);
  for (const { dir } of publicPackages) {
    await run(bin("pnpm"), ["pack", "--pack-destination", tarballs], path.join(repositoryRoot, dir));
  }
  writeFileSync(path.join(project, "package.json"), '{ "private": true, "type": "module" }');
  const files = readdirSync(tarballs).map((file) => `./tarballs/${file}`);
  await run("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline", ...files], project);
}, 900_000);

afterAll(() => rmSync(project, { recursive: true, force: true }));

describe.each(names)("%s, installed", (name) => {
  test("brings its declarations, its licence and its README, and neither sources nor tests", () => {
    const files = readdirSync(installed(name), { recursive: true })
      .map(String)
      .filter((file) => !file.startsWith("node_modules"));
    expect(files).toEqual(expect.arrayContaining(["LICENSE", "README.md", "dist", "package.json"]));
    expect(files).toContain(path.join("dist", "index.d.ts"));
    expect(
      files.filter((file) => /(^src\b|(^|[\\/])test(ing)?\b|\.test\.|(?<!\.d)\.ts$)/.test(file)),
    ).toEqual([]);
  });

  test("has a manifest that speaks to users only", () => {
    const text = readFileSync(installed(name, "package.json"), "utf8");
    expect(text).not.toContain("workspace:");
    expect(text).not.toContain("@mpplan/source");
    const { exports } = JSON.parse(text) as { exports: unknown };
    const promised = filesOf(exports);
    expect(promised.length).toBeGreaterThan(0);
    for (const file of promised) expect(existsSync(installed(name, file)), file).toBe(true);
  });

  test("goes into a browser bundle, without Node's own modules", async () => {
    const { metafile } = await build({
      stdin: { contents: `export * from "${name}";`, resolveDir: project },
      bundle: true,
      format: "esm",
      platform: "browser",
      write: false,
      metafile: true,
      logLevel: "silent",
    });
    const imports = Object.values(metafile.outputs).flatMap((output) => output.imports);
    expect(imports.filter((imported) => imported.external)).toEqual([]);
  });
});

test("a use of every package compiles strictly, their declarations included, and runs in Node", async () => {
  const compilerOptions = {
    strict: true,
    exactOptionalPropertyTypes: true,
    module: "nodenext",
    target: "es2022",
    skipLibCheck: false,
    types: [],
    outDir: "out",
  };
  const files = names.map((name) => `${slug(name)}.ts`);
  for (const name of names) writeFileSync(path.join(project, `${slug(name)}.ts`), useOf(name));
  writeFileSync(path.join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, files }));
  await run(bin("tsc"), ["-p", "."], project);
  for (const name of names) await run(process.execPath, [`out/${slug(name)}.js`], project);
});

test("all packages load together, once each", async () => {
  const loads = names.map((name) => `await import("${name}");`).join("\n");
  writeFileSync(path.join(project, "all.mjs"), loads);
  await run(process.execPath, ["all.mjs"], project);
  const nested = names.filter((name) => existsSync(installed(name, "node_modules", "@mpplan")));
  expect(nested).toEqual([]);
});

test("npx mpplan --help works where the package is installed", async () => {
  expect(await run("npx", ["--no-install", "mpplan", "--help"], project)).toContain("mpplan");
});

test("every package carries the licence of the repository", () => {
  const licence = readFileSync(path.join(repositoryRoot, "LICENSE"), "utf8");
  for (const { dir } of publicPackages) {
    expect(readFileSync(path.join(repositoryRoot, dir, "LICENSE"), "utf8"), dir).toBe(licence);
  }
});

/** Every file that an "exports" field names, however deep its conditions. */
function filesOf(exports: unknown): string[] {
  if (typeof exports === "string") return [exports];
  return typeof exports === "object" && exports !== null ? Object.values(exports).flatMap(filesOf) : [];
}
