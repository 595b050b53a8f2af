// The .pb files of ONNX test data: one TensorProto each.
import { MpplanError } from "@mpplan/formats";
import { readTensorProto } from "@mpplan/onnx";
import type { DataArray } from "./array.js";
import { InputError } from "./errors.js";

/** Reads a TensorProto. @throws InputError `bad-data`. */
export function parseTensorProto(bytes: Uint8Array, name: string): DataArray {
  try {
    const { name: own, tensor } = readTensorProto(bytes);
    return { tensor, stored: tensor.elem, name: own === "" ? null : own };
  } catch (error) {
    if (!(error instanceof MpplanError)) throw error;
    throw new InputError("bad-data", {
      what: `This is no tensor that can be read: ${error.what}`,
      where: `${name}, ${error.where}`,
      next: "give an ONNX TensorProto, as in input_0.pb of a test_data_set folder",
    });
  }
}
