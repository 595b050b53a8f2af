// The errors of this package.
import { MpplanError } from "@mpplan/formats";

export type RuntimeErrorCode =
  | "wrong-model"
  | "wrong-operands"
  | "wrong-plan"
  | "missing-feed"
  | "unknown-feed"
  | "wrong-feed"
  | "not-a-tensor"
  /** the loops of one run go on beyond maxRounds */
  | "too-many-rounds"
  | "unsupported-decision"
  | "released";

export class RuntimeError extends MpplanError<RuntimeErrorCode> {
  override readonly name = "RuntimeError";
}
