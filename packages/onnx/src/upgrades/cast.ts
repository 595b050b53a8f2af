// Cast: `to` is a number of TensorProto.DataType in the file, the name of an element type in the IR.
import { describeNode } from "@mpplan/ir";
import { elementType } from "../tensors.js";
import { attribute, type Upgrade } from "./upgrade.js";

export const cast: Upgrade = (raw) => {
  const to = attribute(raw, "to", "int");
  if (!to) return [raw];
  const elem = elementType(Number(to.value), describeNode(raw));
  return [{ ...raw, attrs: new Map([...raw.attrs, ["to", { kind: "string", value: elem }]]) }];
};
