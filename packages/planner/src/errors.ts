// The errors of this package.
import { MpplanError } from "@mpplan/formats";

export type PlannerErrorCode =
  "wrong-profile" | "unknown-policy" | "unknown-rule" | "wrong-budget" | "unknown-pattern";

export class PlannerError extends MpplanError<PlannerErrorCode> {
  override readonly name = "PlannerError";
}
