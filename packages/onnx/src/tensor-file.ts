// A file that holds one TensorProto, as the input_0.pb of ONNX test data.
import type { Tensor } from "@mpplan/ir";
import { externalReader } from "./external-data.js";
import { defaultLimits } from "./limits.js";
import { decodeTensor } from "./proto.js";
import { readTensor } from "./tensors.js";
import { validateTensor } from "./validate.js";

/**
 * Reads a tensor and its name, "" where it has none.
 * @throws ImportError `truncated`, `invalid-tensor`, `unsupported-type`, `external-data`, `limit`.
 */
export function readTensorProto(bytes: Uint8Array): { name: string; tensor: Tensor } {
  validateTensor(bytes, defaultLimits);
  const proto = decodeTensor(bytes);
  return {
    name: proto.name ?? "",
    tensor: readTensor(proto, "the tensor of the file", defaultLimits, externalReader(undefined)),
  };
}
