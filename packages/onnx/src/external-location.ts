// Which names of other files a model may give: a hostile one would like to read anything.
import { quote } from "@mpplan/ir";
import { ImportError } from "./errors.js";

/**
 * Checks that a location names a file in the model's folder or below, on any system, and returns it.
 * Symbolic links are not seen here: who opens the file has to resolve them.
 * @throws ImportError `external-data`.
 *
 * @example
 * checkExternalLocation("weights/part1.bin"); // "weights/part1.bin"
 * checkExternalLocation("../secret"); // throws
 */
export function checkExternalLocation(location: string, where = "the external data of a tensor"): string {
  const reason = unsafe(location);
  if (reason === null) return location;
  throw new ImportError("external-data", {
    what: `The external location ${quote(location)} ${reason}`,
    where,
    next: "do not trust this file; a model names files in its own folder, such as weights.bin",
  });
}

function unsafe(location: string): string | null {
  if (location === "") return "is empty";
  if (location.length > 1024) return "is longer than 1024 characters";
  if ([...location].some((c) => c < " " || c === "\x7f")) return "has a control character";
  if (location.startsWith("/")) return "is an absolute path";
  if (location.includes("\\")) return "has a backslash";
  // A drive letter, the scheme of a URL, or an alternate stream of NTFS.
  if (location.includes(":")) return "has a colon";
  const steps = location.split("/");
  if (steps.includes("..")) return "leaves the model's folder";
  if (steps.at(-1) === "" || steps.at(-1) === ".") return "names a folder, not a file";
  return null;
}
