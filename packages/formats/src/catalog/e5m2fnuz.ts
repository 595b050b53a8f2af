import { defineFormat } from "../format.js";

/** ONNX's FLOAT8E5M2FNUZ: max 57344, no infinities, no negative zero, whose code is the one NaN. Noune et al., arXiv 2206.02915. */
export const e5m2fnuz = defineFormat({
  name: "e5m2fnuz",
  bits: 8,
  precision: 3,
  bias: 16,
  signed: true,
  infinities: false,
  nans: "negative-zero",
  subnormals: true,
});
