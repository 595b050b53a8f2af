// LpPool and GlobalLpPool: before opset 2 the p of the norm was a float.
import { attribute, unsupportedUse, type Upgrade } from "./upgrade.js";

export const lpPool: Upgrade = (raw) => {
  if (raw.origin.opset >= 2) return [raw];
  const p = attribute(raw, "p", "float");
  if (!p) return [raw];
  if (!Number.isInteger(p.value)) {
    throw unsupportedUse(
      raw,
      `${raw.op} has a norm of p = ${p.value}`,
      "use a whole number, as since opset 2",
    );
  }
  return [{ ...raw, attrs: new Map([...raw.attrs, ["p", { kind: "int", value: BigInt(p.value) }]]) }];
};
