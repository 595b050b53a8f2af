import { isTensor, shapeError, type RuntimeValue, type ValueType } from "@mpplan/ir";
import { need, overValues } from "../kernel.js";
import { boolScalar, copyOfValue } from "./tensors.js";

export const optional = overValues(([value], node) => {
  if (value) return [copyOfValue(value)];
  return [{ kind: "absent", of: node.attrs["type"] as ValueType }];
});

export const optionalGetElement = overValues((inputs, node) => {
  const value = need(inputs, 0, node);
  if (!isAbsent(value)) return [copyOfValue(value)];
  throw shapeError(
    node,
    "OptionalGetElement asks for a value that is absent",
    "ask with OptionalHasElement first, or feed a value",
  );
});

export const optionalHasElement = overValues(([value]) => [boolScalar(!!value && !isAbsent(value))]);

function isAbsent(value: RuntimeValue): boolean {
  return !isTensor(value) && value.kind === "absent";
}
