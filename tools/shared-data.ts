// Finds the folder of large models and data that some tests read and the repository does not carry. It is looked for
// in MPPLAN_SHARED, then beside the repository, in ../shared/data.
import { existsSync } from "node:fs";
import path from "node:path";
import { repositoryRoot } from "./workspace.js";

/**
 * The absolute path of something in the shared data, or null where it is absent: then the test is skipped, visibly.
 * With MPPLAN_REQUIRE_SHARED=1, as in CI, absence is an error instead.
 *
 * @example
 * test.skipIf(sharedData("models") === null)("imports a real model", () => { ... });
 */
export function sharedData(...parts: string[]): string | null {
  const root = process.env["MPPLAN_SHARED"] || path.join(repositoryRoot, "..", "shared", "data");
  const wanted = path.resolve(root, ...parts);
  if (existsSync(wanted)) return wanted;
  if (process.env["MPPLAN_REQUIRE_SHARED"] === "1") {
    throw new Error(
      `shared data is missing\n  where: ${wanted}\n  next: set MPPLAN_SHARED to the folder that holds it, or unset MPPLAN_REQUIRE_SHARED`,
    );
  }
  return null;
}
