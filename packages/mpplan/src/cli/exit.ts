// Exit codes, and which error means which.
import { MpplanError } from "@mpplan/formats";
import { CommanderError } from "commander";

export const exit = { ok: 0, verdict: 1, usage: 2, contents: 3, internal: 70, interrupted: 130 } as const;

/** For people, in the help. */
export const exitText = `Exit codes: ${exit.ok} done, ${exit.verdict} a check failed, ${exit.usage} the command line,
${exit.contents} the contents of a file, ${exit.internal} a mistake in mpplan, ${exit.interrupted} interrupted.
`;

/** Codes that speak of the command line; every other error of ours speaks of a file's contents. */
const usage: ReadonlySet<string> = new Set([
  // this package
  "bad-option",
  "conflicting-options",
  "unknown-provider",
  "mode-mismatch",
  "no-plan",
  "wrong-resume",
  "no-data",
  "not-found",
  "unreadable",
  "unwritable",
  // a backend that this machine does not have
  "no-webgpu",
  "no-adapter",
  "no-device",
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
