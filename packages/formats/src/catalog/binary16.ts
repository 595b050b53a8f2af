import { defineFormat } from "../format.js";

/** binary16, half precision: max 65504. IEEE 754-2019, table 3.5. */
export const binary16 = defineFormat({
  name: "binary16",
  bits: 16,
  precision: 11,
  bias: 15,
  signed: true,
  infinities: true,
  nans: "many",
  subnormals: true,
});
