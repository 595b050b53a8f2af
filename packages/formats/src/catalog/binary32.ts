import { defineFormat } from "../format.js";

/** binary32, single precision: what Math.fround rounds to. IEEE 754-2019, table 3.5. */
export const binary32 = defineFormat({
  name: "binary32",
  bits: 32,
  precision: 24,
  bias: 127,
  signed: true,
  infinities: true,
  nans: "many",
  subnormals: true,
});
