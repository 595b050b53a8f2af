// What the page weighs: every file that a browser may fetch of it, gzipped, without the bundled model.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { dist } from "../serve.mjs";

const isPart = (file: string): boolean => /\.(js|css|html)$/.test(file);

/** Bytes of all scripts, styles and the document. */
export function pageSize(): number {
  return gzipped(readdirSync(dist, { recursive: true }).map(String));
}

/** The same of these files in dist/, each once. */
export function gzipped(files: readonly string[]): number {
  return [...new Set(files)]
    .filter(isPart)
    .reduce((sum, file) => sum + gzipSync(readFileSync(path.join(dist, file)), { level: 9 }).length, 0);
}
