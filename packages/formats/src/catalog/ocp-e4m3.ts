import { defineFormat } from "../format.js";

/** OFP8 E4M3: max 448, no infinities, one NaN per sign. OCP 8-bit Floating Point Specification v1.0, table 1. */
export const ocpE4m3 = defineFormat({
  name: "ocp-e4m3",
  bits: 8,
  precision: 4,
  bias: 7,
  signed: true,
  infinities: false,
  nans: "one",
  subnormals: true,
});
