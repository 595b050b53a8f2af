// RoiAlign: opset 16 let the coordinates be chosen, and chose others than had been usual.
import type { Upgrade } from "./upgrade.js";

export const roiAlign: Upgrade = (raw) => {
  if (raw.origin.opset >= 16) return [raw];
  const mode = { kind: "string", value: "output_half_pixel" } as const;
  return [{ ...raw, attrs: new Map([...raw.attrs, ["coordinate_transformation_mode", mode]]) }];
};
