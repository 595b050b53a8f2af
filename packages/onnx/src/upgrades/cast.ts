// Cast: before opset 6 the element type was a text, such as FLOAT.
import { invalid } from "../attributes.js";
import { attribute, type Upgrade } from "./upgrade.js";

const numbers = ["FLOAT", "UINT8", "INT8", "UINT16", "INT16", "INT32", "INT64", "STRING", "BOOL"];
const moreNumbers = ["FLOAT16", "DOUBLE", "UINT32", "UINT64"];

export const cast: Upgrade = (raw) => {
  if (raw.origin.opset >= 6) return [raw];
  const to = attribute(raw, "to", "string");
  if (!to) return [raw];
  // TensorProto.DataType, which starts at 1.
  const number = [...numbers, ...moreNumbers].indexOf(to.value.toUpperCase()) + 1;
  if (number === 0) throw invalid(raw.origin, `Cast to ${to.value}, which is no element type`);
  return [{ ...raw, attrs: new Map([...raw.attrs, ["to", { kind: "int", value: BigInt(number) }]]) }];
};
