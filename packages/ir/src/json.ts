// Reading and writing the documents: canonical text out, validated values in.
import type { Static, TSchema } from "typebox";
import { Value } from "typebox/value";
import { IrError } from "./errors.js";
import { PlanSchema, type Plan } from "./plan.js";
import { ProfileSchema, type Profile } from "./profile.js";
import { ReportSchema, type Report } from "./report.js";

/** The JSON Schemas of the documents that leave the process, by kind. */
export const schemas = { plan: PlanSchema, profile: ProfileSchema, report: ReportSchema } as const;

export const parsePlan = (text: string, where: string): Plan => parse(PlanSchema, text, where, "a plan");
export const parseProfile = (text: string, where: string): Profile =>
  parse(ProfileSchema, text, where, "a profile");
export const parseReport = (text: string, where: string): Report =>
  parse(ReportSchema, text, where, "a report");

/** The text of a document: two-space JSON with lists of numbers, nested ones too, on one line, and a final newline. */
export function printDocument(document: Plan | Profile | Report): string {
  return compact(document, "") + "\n";
}

function parse<T extends TSchema>(schema: T, text: string, where: string, what: string): Static<T> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new IrError("not-json", {
      what: `This is not JSON: ${(error as Error).message}`,
      where,
      next: `give ${what} that mpplan wrote; if it was cut short, make it again`,
    });
  }
  if (!Value.Check(schema, value)) {
    const first = Value.Errors(schema, value)[0] as { instancePath?: string; message?: string } | undefined;
    throw new IrError("wrong-document", {
      what: `This is not ${what}: ${first?.instancePath || "the document"} ${first?.message ?? "does not fit"}`,
      where,
      next: `give ${what} that this version of mpplan wrote`,
    });
  }
  return value as Static<T>;
}

function compact(value: unknown, indent: string): string {
  const flat = JSON.stringify(value);
  if (flat === undefined || flat.length <= 100 || isFlatArray(value)) return flat;
  const deeper = indent + "  ";
  if (Array.isArray(value)) {
    return `[\n${value.map((item) => deeper + compact(item, deeper)).join(",\n")}\n${indent}]`;
  }
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    return `{\n${entries.map(([key, item]) => `${deeper}${JSON.stringify(key)}: ${compact(item, deeper)}`).join(",\n")}\n${indent}}`;
  }
  return flat;
}

/** A list without objects in it: of plain values, or of lists of them. */
function isFlatArray(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.every((item) => typeof item !== "object" || item === null || isFlatArray(item))
  );
}
