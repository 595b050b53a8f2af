// Values that may be absent.
import { isTensorType, type OptionalType, type ValueType } from "../values.js";
import { defineOp, inputValueType, shapeError } from "./define.js";

/** The input as an optional, or without one an empty optional of the type `type`. */
export const optional = defineOp({
  name: "Optional",
  arity: [0, 1],
  attributes: { type: { type: "value-type" } },
  infer(context) {
    const { node } = context;
    const type = inputValueType(context, 0) ?? (node.attrs["type"] as ValueType | undefined);
    if (!type && !context.inputs[0]) {
      throw shapeError(node, "Optional has neither an input nor the type of what is absent");
    }
    return [{ kind: "optional", of: type ?? { elem: "float32", shape: null } }];
  },
});

/** What the optional holds; a value that is no optional stays what it is. */
export const optionalGetElement = defineOp({
  name: "OptionalGetElement",
  arity: [1, 1],
  attributes: {},
  infer(context) {
    const type = inputValueType(context, 0) ?? { elem: "float32", shape: null };
    return [isOptional(type) ? type.of : type];
  },
});

/** Whether the optional holds anything: a value that is no optional does, an input that is left out does not. */
export const optionalHasElement = defineOp({
  name: "OptionalHasElement",
  arity: [0, 1],
  attributes: {},
  infer: () => [{ elem: "bool", shape: [] }],
});

function isOptional(type: ValueType): type is OptionalType {
  return !isTensorType(type) && type.kind === "optional";
}
