// Bundles src/threads/worker.ts into text, src/generated/worker.ts, which is committed: a worker is started from text.
// src/generated.test.ts checks that it is up to date.
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = fileURLToPath(new URL(".", import.meta.url));

/** The worker as a script that leaves `worker.serve` behind. */
export async function bundleWorker() {
  const { outputFiles } = await build({
    entryPoints: [`${here}src/threads/worker.ts`],
    bundle: true,
    write: false,
    format: "iife",
    globalName: "worker",
    target: "es2022",
    minify: true,
    logLevel: "warning",
  });
  return outputFiles[0].text.trim();
}

/** The text of src/generated/worker.ts. */
export function workerModule(script) {
  return `// Made by build-worker.mjs from src/threads/worker.ts. Do not edit.\nexport const workerScript =\n  ${JSON.stringify(script)};\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(`${here}src/generated/worker.ts`, workerModule(await bundleWorker()));
}
