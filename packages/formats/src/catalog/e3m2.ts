import { defineFormat } from "../format.js";

/** FP6 E3M2: max 28, every code finite. OCP Microscaling Formats v1.0, section 5.3.2. */
export const e3m2 = defineFormat({
  name: "e3m2",
  bits: 6,
  precision: 3,
  bias: 3,
  signed: true,
  infinities: false,
  nans: "none",
  subnormals: true,
});
