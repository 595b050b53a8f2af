import { expect, test } from "vitest";
import { FormatError, MpplanError } from "./index.js";

test("an error says what, where, what next, and keeps the parts", () => {
  const error = new FormatError("bad-code", { what: "7 is odd", where: "here", next: "take 8" });
  expect(error).toBeInstanceOf(MpplanError);
  expect(error).toMatchObject({
    name: "FormatError",
    code: "bad-code",
    what: "7 is odd",
    where: "here",
    next: "take 8",
  });
  expect(error.message).toBe("7 is odd\n  where: here\n  next: take 8");
});

test("other packages extend the base with their own codes", () => {
  class PlanError extends MpplanError<"stale-plan"> {
    override readonly name = "PlanError";
  }
  const error: MpplanError = new PlanError("stale-plan", { what: "a", where: "b", next: "c" });
  expect(String(error)).toBe("PlanError: a\n  where: b\n  next: c");
});
