// Builds the page into dist/: three scripts, page.js, worker.js and cuts.js, and what they load later; nothing is fetched from
// elsewhere. node build.mjs [--watch]
import { cpSync, mkdirSync, rmSync } from "node:fs";
import path from "node:path";
import { context } from "esbuild";

const here = import.meta.dirname;
const dist = path.join(here, "dist");
const fixture = path.resolve(here, "../../fixtures/models/paper-relu");
const digits = {
  "model.onnx": "model.onnx",
  "samples/images-1500.idx3-ubyte.gz": "images.idx3-ubyte.gz",
  "samples/labels-1500.idx1-ubyte.gz": "labels.idx1-ubyte.gz",
  "README.md": "README.md",
};

rmSync(dist, { recursive: true, force: true });
mkdirSync(path.join(dist, "digits"), { recursive: true });
for (const [from, to] of Object.entries(digits))
  cpSync(path.join(fixture, from), path.join(dist, "digits", to));
for (const file of ["index.html", "src/page/style.css"])
  cpSync(path.join(here, file), path.join(dist, path.basename(file)));

const job = await context({
  absWorkingDir: here,
  entryPoints: { page: "src/page/main.tsx", worker: "src/worker/main.ts", cuts: "src/worker/cut-worker.ts" },
  outdir: "dist",
  bundle: true,
  splitting: true,
  format: "esm",
  target: "es2022",
  minify: true,
  sourcemap: "linked",
  jsx: "automatic",
  jsxImportSource: "preact",
  chunkNames: "chunks/[name]-[hash]",
  legalComments: "linked",
  logLevel: "warning",
  // Bundles of the packages name imports that tree shaking has emptied.
  logOverride: { "ignored-bare-import": "silent" },
});
if (process.argv.includes("--watch")) {
  await job.watch();
} else {
  await job.rebuild();
  await job.dispose();
}
