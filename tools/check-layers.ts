// Enforces the layer law: which package may depend on which, that a manifest declares what its sources import, and
// that no source files import each other in a circle. The law itself is told in ARCHITECTURE.md.
import { readFileSync } from "node:fs";
import path from "node:path";
import { parseCircular, parseDependencyTree } from "dpdm";
import ts from "typescript";
import { repositoryRoot, typescriptFiles, workspacePackages, type WorkspacePackage } from "./workspace.js";

/** From the ground up. A package may depend on those of lower rows, never on its own row. Apps stand above all rows. */
const layers = [
  ["@mpplan/formats"],
  ["@mpplan/ir"],
  ["@mpplan/runtime"],
  ["@mpplan/onnx", "@mpplan/calibration", "@mpplan/planner", "@mpplan/runtime-cpu", "@mpplan/runtime-webgpu"],
  ["mpplan"],
];

/** They decide and translate; what they need of a run reaches them as data. */
const neverRuntime = ["@mpplan/onnx", "@mpplan/planner"];

const testkit = "@mpplan/testkit";
const testkitTop = layers.findIndex((row) => row.includes("@mpplan/runtime"));

const released = ["dependencies", "peerDependencies", "optionalDependencies"] as const;
const allKinds = [...released, "devDependencies"] as const;

/** Every breach of the law in the workspace at `root`, each in three beats; empty where all is well. */
export async function layerProblems(root: string): Promise<string[]> {
  const packages = workspacePackages(root);
  const names = new Set(packages.map((p) => p.name));
  return [
    ...packages.flatMap((p) => manifestProblems(p, names)),
    ...packages.flatMap((p) => importProblems(root, p, packages)),
    ...(await circularImports(root, packages)),
  ];
}

function manifestProblems(p: WorkspacePackage, names: ReadonlySet<string>): string[] {
  const where = `${p.dir}/package.json`;
  if (!p.isApp && p.name !== testkit && layerOf(p.name) < 0) {
    return [
      problem(
        `${p.name} has no place in the layers`,
        where,
        "add it to tools/check-layers.ts and ARCHITECTURE.md",
      ),
    ];
  }
  return allKinds.flatMap((kind) =>
    Object.keys(p.manifest[kind] ?? {})
      .filter((dependency) => names.has(dependency) || dependency === testkit || layerOf(dependency) >= 0)
      .flatMap((dependency) => {
        const why = forbidden(p, dependency, kind === "devDependencies");
        return why === null
          ? []
          : [problem(`${p.name} may not depend on ${dependency}: ${why}`, `${where}, ${kind}`, nextFor(p))];
      }),
  );
}

/** Why the arrow breaks the law; null where it does not. Tests obey it too, but for the testkit. */
function forbidden(from: WorkspacePackage, to: string, dev: boolean): string | null {
  if (to === testkit) return dev ? null : `${testkit} is a dev dependency only`;
  const target = layerOf(to);
  if (from.name === testkit)
    return target >= 0 && target <= testkitTop ? null : `${testkit} imports @mpplan/runtime at most`;
  if (to === "@mpplan/runtime" && neverRuntime.includes(from.name)) return `${from.name} never runs a graph`;
  if (target < 0) return "apps are imported by nobody";
  const own = from.isApp ? layers.length : layerOf(from.name);
  if (target === own) return "they share a layer, and meet in mpplan only";
  return target < own ? null : "arrows point downward";
}

function nextFor(p: WorkspacePackage): string {
  return `move the shared noun down (most belong in @mpplan/ir), or let ${p.isApp ? "a package" : "mpplan"} join the two`;
}

function layerOf(name: string): number {
  return layers.findIndex((row) => row.includes(name));
}

function importProblems(root: string, p: WorkspacePackage, packages: readonly WorkspacePackage[]): string[] {
  return ["src", "test"].flatMap((part) =>
    typescriptFiles(path.join(root, p.dir, part)).flatMap((relative) => {
      const file = `${p.dir}/${part}/${relative}`;
      const isTest = part === "test" || /\.(test|bench)\.tsx?$/.test(file);
      const kinds = isTest ? allKinds : released;
      const declared = new Set(kinds.flatMap((kind) => Object.keys(p.manifest[kind] ?? {})));
      return importsOf(path.join(root, file)).flatMap((specifier) => {
        if (specifier.startsWith(".")) {
          const target = path.posix.join(path.posix.dirname(file), specifier);
          const other = packages.find((q) => q !== p && target.startsWith(`${q.dir}/`));
          // A test may borrow the test helpers of a package that it may depend on.
          if (!other || (isTest && forbidden(p, other.name, true) === null)) return [];
          return [
            problem(`"${specifier}" reaches into ${other.name} by path`, file, `import "${other.name}"`),
          ];
        }
        const other = packages.find((q) => specifier === q.name || specifier.startsWith(`${q.name}/`));
        if (!other || other === p || declared.has(other.name)) return [];
        return [
          problem(
            `${other.name} is imported but not declared`,
            file,
            `add "${other.name}": "workspace:^" to ${isTest ? "devDependencies" : "dependencies"} in ${p.dir}/package.json`,
          ),
        ];
      });
    }),
  );
}

function importsOf(file: string): string[] {
  const { importedFiles } = ts.preProcessFile(readFileSync(file, "utf8"), true, true);
  return [...new Set(importedFiles.map((imported) => imported.fileName))];
}

/** Circles among the sources of the packages. Imports of types alone are gone at run time and do not count. */
async function circularImports(root: string, packages: readonly WorkspacePackage[]): Promise<string[]> {
  const entries = packages.flatMap((p) =>
    typescriptFiles(path.join(root, p.dir, "src"))
      .filter((file) => !/\.test\.tsx?$/.test(file))
      .map((file) => `${p.dir}/src/${file}`),
  );
  if (entries.length === 0) return [];
  const tree = await parseDependencyTree(entries, { context: root, cwd: root, transform: true });
  return parseCircular(tree).map((circle) =>
    problem(
      "source files import each other in a circle",
      [...circle, circle[0]].join(" -> "),
      "move what they share into a file of its own",
    ),
  );
}

function problem(what: string, where: string, next: string): string {
  return `${what}\n  where: ${where}\n  next: ${next}`;
}

if (process.argv[1] === import.meta.filename) {
  const problems = await layerProblems(repositoryRoot);
  for (const text of problems) console.error(text);
  process.exitCode = problems.length > 0 ? 1 : 0;
}
