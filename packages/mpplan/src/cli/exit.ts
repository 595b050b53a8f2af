// Exit codes: 0 ok, 1 the verdict failed, 2 the command line, 3 a file's contents, 70 our own mistake, 130 Ctrl-C.
import { MpplanError } from "@mpplan/formats";
import { CommanderError } from "commander";

export const exit = { ok: 0, verdict: 1, usage: 2, contents: 3, internal: 70, interrupted: 130 } as const;

/** Codes that speak of the command line; every other error of ours speaks of a file's contents. */
const usage: ReadonlySet<string> = new Set([
  // this package
  "bad-option",
  "conflicting-options",
  "unknown-provider",
  "mode-mismatch",
  "no-plan",
  "no-data",
  "not-found",
  "unwritable",
  // names that do not exist
  "unknown-preset",
  "unknown-policy",
  "unknown-rule",
  "unknown-format",
  "ambiguous-format",
  "unknown-pattern",
  "wrong-budget",
  "invalid-accumulator",
  "too-wide",
]);

export function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exit.ok : exit.usage;
  if (!(error instanceof MpplanError)) return exit.internal;
  if (error.code === "cancelled") return exit.interrupted;
  return usage.has(error.code) && !(error.name === "InputError" && error.code === "unknown-format")
    ? exit.usage
    : exit.contents;
}

/** The error for people: three beats, or a report of our own mistake. */
export function explain(error: unknown): string {
  if (error instanceof MpplanError) return `error: ${error.message}\n`;
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `error: This is a mistake in mpplan, not in your files\n  where: ${detail}\n  next: please report it with the command line that led here\n`;
}
