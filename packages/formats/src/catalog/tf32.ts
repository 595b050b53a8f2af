import { defineFormat } from "../format.js";

/** TensorFloat-32: the range of binary32 with the precision of binary16. NVIDIA A100 Tensor Core GPU Architecture, 2020. */
export const tf32 = defineFormat({
  name: "tf32",
  bits: 19,
  precision: 11,
  bias: 127,
  signed: true,
  infinities: true,
  nans: "many",
  subnormals: true,
});
