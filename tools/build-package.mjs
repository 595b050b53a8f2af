// Builds one package: JavaScript by esbuild, declarations by tsc. Run inside the package's folder.
// Entries are the files that the manifest's "exports" promise, and its "mpplanEntries", which only the bin imports.
// Dependencies stay external, devDependencies are bundled.
import { spawnSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { build } from "esbuild";

const manifest = JSON.parse(readFileSync("package.json", "utf8"));
// Every dist file that a user can reach has a source of its name: ./dist/node.js is made from src/node.ts.
const promised = JSON.stringify(manifest.exports).match(/(?<="\.\/dist\/)[^"]+(?=\.js")/g) ?? [];
const entryPoints = [...new Set(promised)]
  .map((name) => `src/${name}.ts`)
  .concat(manifest.mpplanEntries ?? []);

rmSync("dist", { recursive: true, force: true });
await build({
  entryPoints,
  outdir: "dist",
  outbase: "src",
  bundle: true,
  splitting: true,
  format: "esm",
  target: "es2022",
  platform: manifest.mpplanPlatform ?? "neutral",
  mainFields: ["module", "main"],
  external: [
    ...Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }).flatMap((d) => [d, `${d}/*`]),
    "node:*",
  ],
  legalComments: "linked",
  logLevel: "warning",
});

// The ambient types are those that the root tsconfig.json checks with; a package's own lint keeps node:* out of it.
const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
const { status } = spawnSync(process.execPath, [tsc, "-p", "tsconfig.build.json", "--types", "node"], {
  stdio: "inherit",
});
process.exitCode = status ?? 1;
