// Runs the release tool itself on a copy of the manifests: packages are versioned on their own.
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, expect, test } from "vitest";
import { repositoryRoot, workspacePackages, type WorkspacePackage } from "./workspace.js";

const packages = workspacePackages();
const publicPackages = packages.filter((p) => !p.manifest.private);
const made: string[] = [];
afterEach(() => made.splice(0).forEach((dir) => rmSync(dir, { recursive: true })));

/** The manifests and release settings of this repository, and one package that only its tests tie to the others. */
function copyOfManifests(): string {
  const root = mkdtempSync(path.join(tmpdir(), "mpplan-release-"));
  made.push(root);
  for (const file of ["package.json", "pnpm-workspace.yaml", ".changeset/config.json"]) {
    cpSync(path.join(repositoryRoot, file), path.join(root, file));
  }
  for (const { dir } of packages)
    cpSync(path.join(repositoryRoot, dir, "package.json"), path.join(root, dir, "package.json"));
  mkdirSync(path.join(root, "packages/alone"));
  writeFileSync(
    path.join(root, "packages/alone/package.json"),
    JSON.stringify({
      name: "@mpplan/alone",
      version: "0.0.0",
      devDependencies: { "@mpplan/testkit": "workspace:^", "@mpplan/formats": "workspace:^" },
    }),
  );
  writeFileSync(path.join(root, ".gitignore"), "node_modules\n");
  symlinkSync(path.join(repositoryRoot, "node_modules"), path.join(root, "node_modules"), "dir");
  git(root, "init", "--quiet", "--initial-branch=main");
  return root;
}

function git(cwd: string, ...args: string[]): void {
  const identity = [
    "-c",
    "user.name=test",
    "-c",
    "user.email=test@example.org",
    "-c",
    "commit.gpgsign=false",
  ];
  execFileSync("git", [...identity, ...args], { cwd, stdio: "pipe" });
}

/** The versions after `changeset version` with one changeset, of the packages whose version it changed. */
function release(root: string, changeset: string): Record<string, string> {
  const before = versions(root);
  writeFileSync(path.join(root, ".changeset/one.md"), changeset);
  git(root, "add", "--all");
  git(root, "commit", "--quiet", "--message", "a change");
  const cli = path.join(repositoryRoot, "node_modules/@changesets/cli/bin.js");
  execFileSync(process.execPath, [cli, "version"], { cwd: root, stdio: "pipe" });
  return Object.fromEntries(Object.entries(versions(root)).filter(([name, v]) => before[name] !== v));
}

function versions(root: string): Record<string, string> {
  return Object.fromEntries(workspacePackages(root).map((p) => [p.name, p.manifest.version ?? ""]));
}

/** The public packages that reach `name` through what they are installed with. */
function dependentsOf(name: string): string[] {
  const needs = (p: WorkspacePackage, target: string) =>
    target in { ...p.manifest.dependencies, ...p.manifest.peerDependencies };
  const found = new Set<string>();
  const visit = (target: string): void => {
    for (const p of publicPackages.filter((p) => needs(p, target) && !found.has(p.name))) {
      found.add(p.name);
      visit(p.name);
    }
  };
  visit(name);
  return [...found];
}

const next = (name: string, kind: "minor" | "patch"): string => {
  const [major, minor, patch] = packages
    .find((p) => p.name === name)!
    .manifest.version!.split(".")
    .map(Number);
  return kind === "minor" ? `${major}.${minor! + 1}.0` : `${major}.${minor}.${patch! + 1}`;
};

test.each(["@mpplan/formats", "@mpplan/planner"])(
  "a change of %s alone releases it and its dependents, and nothing else",
  (name) => {
    const root = copyOfManifests();
    const patched = [name, ...dependentsOf(name)];
    expect(release(root, `---\n"${name}": patch\n---\n\nRounds better.\n`)).toEqual(
      Object.fromEntries(patched.map((p) => [p, next(p, "patch")])),
    );
    expect(patched).toContain("mpplan");
    const manifest = readFileSync(path.join(root, "packages/mpplan/package.json"), "utf8");
    expect(JSON.parse(manifest).dependencies[name]).toBe("workspace:^");
  },
);

test("a change of the topmost package releases it alone", () => {
  expect(release(copyOfManifests(), '---\n"mpplan": minor\n---\n\nA new command.\n')).toEqual({
    mpplan: next("mpplan", "minor"),
  });
});
