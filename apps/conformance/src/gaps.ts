// The reviewed list of what does not pass: operators that there is no code for, and single cases. What passes and is
// listed is as wrong as what fails and is not.
import { readFileSync } from "node:fs";
import type { Result } from "./report.js";

export interface Gaps {
  /** By operator: why no case with it passes. */
  readonly operators: Readonly<Record<string, string>>;
  /** By case, or the beginning of its name and `*`: why it does not pass. */
  readonly cases: Readonly<Record<string, string>>;
}

export function readGaps(file = new URL("../gaps.json", import.meta.url)): Gaps {
  return JSON.parse(readFileSync(file, "utf8")) as Gaps;
}

/** Why a result is not as the list says, or null. */
export function surprise({ name, operators, outcome }: Result, gaps: Gaps): string | null {
  const listed = [
    ...operators.filter((operator) => Object.hasOwn(gaps.operators, operator)),
    ...Object.keys(gaps.cases).filter((pattern) => matches(name, pattern)),
  ];
  if (outcome.verdict === "pass") {
    return listed.length > 0 ? `${name} passes, but gaps.json lists ${listed.join(", ")}` : null;
  }
  return listed.length > 0 ? null : `${name}: ${outcome.verdict}, ${outcome.why}`;
}

function matches(name: string, pattern: string): boolean {
  return pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}
