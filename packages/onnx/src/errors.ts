// The errors of this package. Their codes are stable; docs/errors.md lists those of all packages.
import { MpplanError } from "@mpplan/formats";

/** Every code an {@link ImportError} can carry. */
export type ImportErrorCode =
  | "empty-file" // no bytes at all
  | "not-onnx" // bytes that are no ONNX model; the message says what they look like, or where they break
  | "truncated" // a field that ends after the file does
  | "limit" // larger than the limits allow
  | "unsupported-version" // an IR version or opset outside the known range
  | "unsupported-op" // operators that have no importer
  | "unsupported-feature" // training information, sparse tensors, ambiguous functions, a use of an operator
  | "unsupported-type" // an element type or a kind of value that the IR does not have
  | "invalid-model" // a graph that breaks the rules of ONNX
  | "invalid-attribute" // an attribute that the operator does not have, or of another type
  | "invalid-tensor" // dims and data that disagree
  | "external-data" // a tensor in another file that is missing, out of range or outside the model's folder
  | "unknown-node"; // an annotation for a node that the model does not have

/**
 * What this package throws on any file that it does not take.
 *
 * @example
 * try { importOnnx(bytes); } catch (error) { if (error instanceof ImportError) console.log(error.code); }
 */
export class ImportError extends MpplanError<ImportErrorCode> {
  override readonly name = "ImportError";
}

/** The error for a graph that breaks the rules of ONNX. */
export function invalidModel(what: string, where: string): ImportError {
  return new ImportError("invalid-model", { what, where, next: "correct the model, or export it again" });
}
