// What the page weighs: every file that a browser may fetch of it, gzipped, without the bundled model.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { dist } from "../serve.mjs";

export interface PageSize {
  /** Bytes of all scripts, styles and the document. */
  readonly whole: number;
  /** Of these, what the first click needs: all but what is fetched for the chart and the report. */
  readonly first: number;
}

export function pageSize(): PageSize {
  const files = readdirSync(dist, { recursive: true })
    .map(String)
    .filter((file) => /\.(js|css|html)$/.test(file));
  const sizes = files.map((file) => gzipSync(readFileSync(path.join(dist, file)), { level: 9 }).length);
  const sum = (wanted: (file: string) => boolean): number =>
    files.reduce((total, file, i) => total + (wanted(file) ? sizes[i]! : 0), 0);
  return { whole: sum(() => true), first: sum((file) => !file.includes(path.sep)) };
}
