// Constant nodes: in the IR they are no nodes but values.
import { quote, describeNode, tensor, type Tensor } from "@mpplan/ir";
import { invalid } from "./attributes.js";
import { ImportError } from "./errors.js";
import type { RawAttr, RawNode } from "./raw-node.js";

/** The tensor of a Constant node, in whichever of its forms. */
export function constantOf(raw: RawNode): Tensor {
  const given = [...raw.attrs];
  const [entry] = given;
  if (!entry || given.length !== 1 || raw.inputs.length > 0) {
    throw invalid(
      raw.origin,
      `A Constant has one attribute and no inputs; this one has ${given.length} attributes`,
    );
  }
  const [name, attr] = entry;
  const value = constantForm(name, attr);
  if (value) return value;
  if (name === "sparse_value") {
    throw new ImportError("unsupported-type", {
      what: `A Constant holds a ${name}, which mpplan does not read`,
      where: describeNode(raw),
      next: "store the constant as a dense tensor",
    });
  }
  throw invalid(raw.origin, `Constant has no attribute ${quote(name)} of type ${attr.kind}`);
}

function constantForm(name: string, attr: RawAttr): Tensor | null {
  if (name === "value" && attr.kind === "tensor") return attr.value;
  if (name === "value_float" && attr.kind === "float")
    return tensor("float32", [], Float32Array.of(attr.value));
  if (name === "value_int" && attr.kind === "int") return tensor("int64", [], BigInt64Array.of(attr.value));
  if (name === "value_floats" && attr.kind === "floats") {
    return tensor("float32", [attr.value.length], Float32Array.from(attr.value));
  }
  if (name === "value_ints" && attr.kind === "ints") {
    return tensor("int64", [attr.value.length], BigInt64Array.from(attr.value));
  }
  if (name === "value_string" && attr.kind === "string") return tensor("string", [], [attr.value]);
  if (name === "value_strings" && attr.kind === "strings") {
    return tensor("string", [attr.value.length], attr.value);
  }
  return null;
}
