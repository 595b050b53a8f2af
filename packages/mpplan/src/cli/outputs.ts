// Where results go: checked before any work, so that hours of it are not lost to a misspelt folder.
import { realpathSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { InputError } from "../data/errors.js";
import { UsageError } from "../errors.js";

/**
 * Refuses results that could not be written, would replace each other, or would replace what the command reads.
 * @throws InputError `unwritable`, UsageError `conflicting-options`.
 */
export function checkOutputs(
  outputs: Readonly<Record<string, string | undefined>>,
  inputs: readonly (string | undefined)[],
): void {
  const read = new Set(inputs.flatMap((path) => (path === undefined ? [] : [realPath(path)])));
  const taken = new Map<string, string>();
  for (const [flag, path] of Object.entries(outputs)) {
    if (path === undefined) continue;
    const folder = dirname(resolve(path));
    if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
      throw new InputError("unwritable", {
        what: `There is no folder ${folder}`,
        where: `${flag} ${path}`,
        next: "make the folder first, or choose another place",
      });
    }
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
      throw new InputError("unwritable", {
        what: "This is a folder",
        where: `${flag} ${path}`,
        next: "name a file in it",
      });
    }
    const real = realPath(path);
    const other = taken.get(real);
    if (read.has(real) || other !== undefined) {
      throw new UsageError("conflicting-options", {
        what:
          other === undefined
            ? "The result would replace a file that this command reads"
            : `${other} and ${flag} name the same file`,
        where: `${flag} ${path}`,
        next: "choose another name for the result",
      });
    }
    taken.set(real, flag);
  }
}

/** The file that a path leads to; the path itself where there is none yet. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}
