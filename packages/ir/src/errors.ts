// The errors of this package. Their codes are stable; docs/errors.md lists those of all packages.
import { MpplanError } from "@mpplan/formats";

export type IrErrorCode =
  | "tensor-size"
  | "int64-range"
  | "invalid-graph"
  | "invalid-attribute"
  | "shape"
  | "wrong-element"
  | "not-json"
  | "wrong-document"
  | "wrong-model"
  | "wrong-operands"
  | "unknown-preset"
  | "invalid-accumulator"
  | "merge-mismatch"
  | "too-few-samples";

export class IrError extends MpplanError<IrErrorCode> {
  override readonly name = "IrError";
}
