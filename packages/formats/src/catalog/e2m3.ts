import { defineFormat } from "../format.js";

/** FP6 E2M3: max 7.5, every code finite. OCP Microscaling Formats v1.0, section 5.3.2. */
export const e2m3 = defineFormat({
  name: "e2m3",
  bits: 6,
  precision: 4,
  bias: 1,
  signed: true,
  infinities: false,
  nans: "none",
  subnormals: true,
});
