// Selu: opset 6 gave its two numbers more digits.
import type { Upgrade } from "./upgrade.js";

export const selu: Upgrade = (raw) => {
  if (raw.origin.opset >= 6) return [raw];
  const old = [
    ["alpha", { kind: "float", value: Math.fround(1.6732) }],
    ["gamma", { kind: "float", value: Math.fround(1.0507) }],
  ] as const;
  return [{ ...raw, attrs: new Map([...old, ...raw.attrs]) }];
};
