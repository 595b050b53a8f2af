// GridSample: opset 20 went beyond two axes, and gave the modes names that fit.
import { attribute, type Upgrade } from "./upgrade.js";

const names = new Map([
  ["bilinear", "linear"],
  ["bicubic", "cubic"],
]);

export const gridSample: Upgrade = (raw) => {
  const mode = attribute(raw, "mode", "string")?.value;
  if (raw.origin.opset >= 20 || mode === undefined) return [raw];
  return [
    { ...raw, attrs: new Map([...raw.attrs, ["mode", { kind: "string", value: names.get(mode) ?? mode }]]) },
  ];
};
