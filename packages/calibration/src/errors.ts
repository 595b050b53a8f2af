// The errors of this package.
import { MpplanError } from "@mpplan/formats";

export type CalibrationErrorCode =
  "no-samples" | "not-finite" | "nothing-to-plan" | "merge-mismatch" | "cancelled";

export class CalibrationError extends MpplanError<CalibrationErrorCode> {
  override readonly name = "CalibrationError";
}
