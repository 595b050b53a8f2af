// The errors of this package's own: requests that cannot be what was meant.
import { MpplanError } from "@mpplan/formats";

export type UsageErrorCode =
  | "bad-option"
  | "conflicting-options"
  | "unknown-provider"
  | "mode-mismatch"
  | "no-plan"
  | "cannot-fetch"
  | "wrong-resume";

/** A request that cannot be carried out as it stands; on the command line, exit code 2. */
export class UsageError extends MpplanError<UsageErrorCode> {
  override readonly name = "UsageError";
}
