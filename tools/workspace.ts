// The packages of the workspace as their manifests tell it. Shared by the tools; knows nothing of layers or releases.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";

export interface Manifest {
  readonly name: string;
  readonly version?: string;
  readonly private?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

export interface WorkspacePackage {
  /** Relative to the root, with forward slashes: `packages/ir`. */
  readonly dir: string;
  readonly name: string;
  readonly isApp: boolean;
  readonly manifest: Manifest;
}

/** The repository that this file stands in. */
export const repositoryRoot = path.resolve(import.meta.dirname, "..");

/** Every package under packages/ and apps/, sorted by folder. */
export function workspacePackages(root = repositoryRoot): WorkspacePackage[] {
  return ["packages", "apps"].flatMap((group) => {
    const folder = path.join(root, group);
    if (!existsSync(folder)) return [];
    return readdirSync(folder)
      .sort()
      .map((name) => `${group}/${name}`)
      .filter((dir) => existsSync(path.join(root, dir, "package.json")))
      .map((dir) => {
        const manifest = JSON.parse(readFileSync(path.join(root, dir, "package.json"), "utf8")) as Manifest;
        return { dir, name: manifest.name, isApp: group === "apps", manifest };
      });
  });
}

/** The TypeScript files under a folder, sorted, relative to it, with forward slashes; none where it does not exist. */
export function typescriptFiles(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)).split(path.sep).join("/"))
    .filter((file) => !/(^|\/)(node_modules|dist)\//.test(file))
    .sort();
}
