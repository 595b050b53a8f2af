import { defineFormat } from "../format.js";

/** E4M3 with the rules of IEEE 754, the top exponent reserved: max 240. Not the E4M3 of OCP (`ocp-e4m3`, max 448). */
export const ieeeE4m3 = defineFormat({
  name: "ieee-e4m3",
  bits: 8,
  precision: 4,
  bias: 7,
  signed: true,
  infinities: true,
  nans: "many",
  subnormals: true,
});
