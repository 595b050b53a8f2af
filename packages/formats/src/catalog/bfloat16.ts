import { defineFormat } from "../format.js";

/** bfloat16: the range of binary32 with 8 bits of precision. Intel, "BFLOAT16: Hardware Numerics Definition", 2018. */
export const bfloat16 = defineFormat({
  name: "bfloat16",
  bits: 16,
  precision: 8,
  bias: 127,
  signed: true,
  infinities: true,
  nans: "many",
  subnormals: true,
});
