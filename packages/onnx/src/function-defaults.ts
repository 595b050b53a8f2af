// The values that a function's attributes have when a call leaves them out: a field newer than onnx-proto, so that it
// is read from the bytes.
import { decodeAttribute, type AttributeProto } from "./proto.js";
import { fields } from "./wire.js";

// Field numbers of onnx.proto.
const model = { functions: 25 } as const;
const localFunction = { attributeProto: 11 } as const;

/** One list per function, in the file's order. `bytes` have passed `validate`. */
export function functionDefaults(bytes: Uint8Array): AttributeProto[][] {
  const defaults: AttributeProto[][] = [];
  for (const field of fields(bytes)) {
    if (field.number !== model.functions) continue;
    const own: AttributeProto[] = [];
    for (const inner of fields(bytes, field.valueStart, field.end)) {
      if (inner.number === localFunction.attributeProto) {
        own.push(decodeAttribute(bytes.subarray(inner.valueStart, inner.end)));
      }
    }
    defaults.push(own);
  }
  return defaults;
}
