// Who wrote a document: the tool and its version, stamped into every profile, plan and report.
import type { Tool } from "@mpplan/ir";

/** Kept equal to package.json by tools/sync-version.mjs; a test compares them. */
export const tool: Tool = { name: "mpplan", version: "0.0.0" };
