import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, expect, test, vi } from "vitest";
import { sharedData } from "./shared-data.js";

const folder = mkdtempSync(path.join(tmpdir(), "mpplan-shared-"));
writeFileSync(path.join(folder, "here"), "");
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => {
  vi.unstubAllEnvs();
});

test("shared data is found where MPPLAN_SHARED says", () => {
  vi.stubEnv("MPPLAN_SHARED", folder);
  expect(sharedData("here")).toBe(path.join(folder, "here"));
});

test("absent data is null, or an error where the data is required", () => {
  vi.stubEnv("MPPLAN_SHARED", folder);
  vi.stubEnv("MPPLAN_REQUIRE_SHARED", "");
  expect(sharedData("absent")).toBeNull();
  vi.stubEnv("MPPLAN_REQUIRE_SHARED", "1");
  expect(() => sharedData("absent")).toThrow("shared data is missing");
});
