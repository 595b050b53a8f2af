// A file that holds one TensorProto, as the input_0.pb of ONNX test data.
import type { Tensor } from "@mpplan/ir";
import { externalReader, type ExternalReader } from "./external-files.js";
import { defaultLimits, type ImportLimits } from "./limits.js";
import { decodeTensor } from "./proto.js";
import { readTensor } from "./tensors.js";
import { validateTensor } from "./validate.js";

/**
 * Reads a tensor and its name, "" where it has none.
 * @throws ImportError `truncated`, `invalid-tensor`, `unsupported-type`, `external-data`, `limit`.
 */
export function readTensorProto(bytes: Uint8Array): { name: string; tensor: Tensor } {
  return readTensorBytes(bytes, defaultLimits, externalReader(undefined));
}

/** The same for one of several tensors, which count together. */
export function readTensorBytes(
  bytes: Uint8Array,
  limits: ImportLimits,
  external: ExternalReader,
): { name: string; tensor: Tensor } {
  validateTensor(bytes, limits);
  const proto = decodeTensor(bytes);
  return { name: proto.name ?? "", tensor: readTensor(proto, "the tensor of the file", limits, external) };
}
