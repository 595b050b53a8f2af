// Concat: before opset 4 the axis was 1 where none was given.
import type { Upgrade } from "./upgrade.js";

export const concat: Upgrade = (raw) => {
  if (raw.origin.opset >= 4 || raw.attrs.has("axis")) return [raw];
  return [{ ...raw, attrs: new Map([...raw.attrs, ["axis", { kind: "int", value: 1n }]]) }];
};
