// Plans and profiles from files.
import type { Plan, Profile } from "@mpplan/ir";
import { readBytes } from "../node/files.js";
import { readPlan, readProfile } from "../read-documents.js";

export function planAtPath(path: string): Plan {
  return readPlan(textAt(path), path);
}

export function profileAtPath(path: string): Profile {
  return readProfile(textAt(path), path);
}

function textAt(path: string): string {
  return new TextDecoder().decode(readBytes(path));
}
