// Builds one package: JavaScript by esbuild, declarations by tsc. Run inside the package's folder.
// Entries are read from the manifest's "exports"; dependencies stay external, devDependencies are bundled.
import { execFileSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { build } from "esbuild";

const manifest = JSON.parse(readFileSync("package.json", "utf8"));
const entryPoints = Object.values(manifest.exports)
  .map((entry) => entry["@mpplan/source"])
  .filter((file) => typeof file === "string")
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

const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
execFileSync(process.execPath, [tsc, "-p", "tsconfig.build.json"], { stdio: "inherit" });
