import { defineFormat } from "../format.js";

/** FP4 E2M1: the values 0, 0.5, 1, 1.5, 2, 3, 4, 6 and their negatives. OCP Microscaling Formats v1.0, section 5.3.3. */
export const e2m1 = defineFormat({
  name: "e2m1",
  bits: 4,
  precision: 2,
  bias: 1,
  signed: true,
  infinities: false,
  nans: "none",
  subnormals: true,
});
