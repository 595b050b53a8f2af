import { defineFormat } from "../format.js";

/** ONNX's FLOAT8E4M3FNUZ: max 240, no infinities, no negative zero, whose code is the one NaN. Noune et al., arXiv 2206.02915. */
export const e4m3fnuz = defineFormat({
  name: "e4m3fnuz",
  bits: 8,
  precision: 4,
  bias: 8,
  signed: true,
  infinities: false,
  nans: "negative-zero",
  subnormals: true,
});
