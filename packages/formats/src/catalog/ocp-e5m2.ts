import { defineFormat } from "../format.js";

/** OFP8 E5M2: max 57344, the rules of IEEE 754. OCP 8-bit Floating Point Specification v1.0, table 1. */
export const ocpE5m2 = defineFormat({
  name: "ocp-e5m2",
  bits: 8,
  precision: 3,
  bias: 15,
  signed: true,
  infinities: true,
  nans: "many",
  subnormals: true,
});
