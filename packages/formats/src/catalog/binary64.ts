import { defineFormat } from "../format.js";

/** binary64, double precision: every number of JavaScript, and the carrier of the other formats. IEEE 754-2019, table 3.5. */
export const binary64 = defineFormat({
  name: "binary64",
  bits: 64,
  precision: 53,
  bias: 1023,
  signed: true,
  infinities: true,
  nans: "many",
  subnormals: true,
  carrier: true,
});
