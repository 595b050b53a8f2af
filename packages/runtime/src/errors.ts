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
  | "too-many-rounds" // the loops of one run go on beyond maxRounds
  | "unsupported-decision"
  | "released";

export class RuntimeError extends MpplanError<RuntimeErrorCode> {
  override readonly name = "RuntimeError";
}
