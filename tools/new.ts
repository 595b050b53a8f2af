// npm run new op hard-swish | format e3m4 | policy largest-first | command digits
// Writes the files of one addition, with a test that fails until it is filled in, and its line in each registry.
// The texts are in tools/new/; docs/recipes/ tells the rest of each way.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import * as prettier from "prettier";
import { seams, type Names, type Registry } from "./new/seams.js";
import { repositoryRoot } from "./workspace.js";

/** Writes one addition into the workspace at `root`; returns the paths it wrote and edited. */
export async function addToSeam(root: string, kind: string, name: string): Promise<string[]> {
  const seam = Object.hasOwn(seams, kind) ? seams[kind as keyof typeof seams] : undefined;
  if (!seam) {
    const kinds = Object.keys(seams).join(", ");
    throw new Error(`there is no "${kind}" to add\n  where: npm run new\n  next: use one of: ${kinds}`);
  }
  const names = namesOf(name);
  const files = Object.entries(seam.files(names));
  for (const [file] of files) {
    if (existsSync(path.join(root, file)))
      throw new Error(`${name} exists\n  where: ${file}\n  next: edit it, or choose another name`);
  }
  // All texts are made before the first is written: a registry that is not as expected leaves nothing behind.
  const edits = seam
    .registries(names)
    .map((registry): [string, string] => [
      registry.file,
      withEntries(readFileSync(path.join(root, registry.file), "utf8"), registry),
    ]);
  for (const [file, text] of [...files, ...edits]) {
    const options = await prettier.resolveConfig(path.join(repositoryRoot, "package.json"));
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    writeFileSync(path.join(root, file), await prettier.format(text, { ...options, filepath: file }));
  }
  return [...files, ...edits].map(([file]) => file);
}

function namesOf(name: string): Names {
  const kebab = name.replace(/([a-z0-9])([A-Z])/g, "$1-$2").toLowerCase();
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(kebab))
    throw new Error(
      `"${name}" is no name\n  where: npm run new\n  next: use letters, digits and dashes: hard-swish`,
    );
  const camel = kebab.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
  return { kebab, camel, pascal: camel[0]!.toUpperCase() + camel.slice(1) };
}

/** The text of a registry with the import and every entry in their sorted places. */
function withEntries(text: string, { file, imports, entries }: Registry): string {
  let result = imports === undefined ? text : withImport(text, imports);
  for (const { open, close, separator, entry, last } of entries) {
    const start = result.indexOf(open) + open.length;
    const end = result.indexOf(close, start);
    if (start < open.length || end < 0)
      throw new Error(
        `the registry does not read "${open} ... ${close}"\n  where: ${file}\n  next: correct tools/new/seams.ts`,
      );
    const items = result
      .slice(start, end)
      .split(separator)
      .map((item) => item.trim())
      .filter(Boolean);
    if (items.includes(entry))
      throw new Error(`${entry} exists\n  where: ${file}\n  next: edit it, or choose another name`);
    const at = last ? -1 : items.findIndex((item) => item > entry);
    items.splice(at < 0 ? items.length : at, 0, entry);
    // A leading separator suits the union, a trailing one the lists; the formatter sees to line breaks.
    const list = separator === "|" ? `\n| ${items.join("\n| ")}` : `\n${items.join(`${separator}\n`)},\n`;
    result = result.slice(0, start) + list + result.slice(end);
  }
  return result;
}

/** Before the first import of a neighbour that sorts later, else after the last one. */
function withImport(text: string, line: string): string {
  const lines = text.split("\n");
  const source = (l: string): string | undefined => /^import \{.*\} from "(\.\/[^"]+)"/.exec(l)?.[1];
  const wanted = source(line)!;
  const later = lines.findIndex((l) => (source(l) ?? "") > wanted);
  const last = lines.findLastIndex((l) => source(l) !== undefined);
  lines.splice(later < 0 ? last + 1 : later, 0, line);
  return lines.join("\n");
}

if (process.argv[1] === import.meta.filename) {
  try {
    const [kind = "", name = ""] = process.argv.slice(2);
    for (const file of await addToSeam(repositoryRoot, kind, name)) console.log(file);
  } catch (error) {
    console.error((error as Error).message);
    process.exitCode = 2;
  }
}
