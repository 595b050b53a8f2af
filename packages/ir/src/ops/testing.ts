// For the tests beside the operators only: nodes and values in few words.
import { allocate, tensor, type Dim, type ElementType, type TensorType } from "../types.js";
import { ops } from "./index.js";
import type { Attrs, AttrValue, Value } from "../graph.js";
import type { AttrSpec, InferContext, SumShape } from "./define.js";
import type { OpName } from "./names.js";

type Input = Value | readonly Dim[] | null;

/** float32 of that shape, if nothing else is said. */
export function value(shape: readonly Dim[] | null, elem: ElementType = "float32"): Value {
  return { id: "x", type: { elem, shape } };
}

/** A constant list of int64. */
export function ints(...list: number[]): Value {
  return constant("int64", [list.length], list);
}

export function constant(elem: ElementType, dims: readonly number[], list: readonly number[] = []): Value {
  const size = dims.reduce((a, b) => a * b, 1);
  const data = allocate(elem, size);
  list.forEach((x, i) => (data[i] = elem.endsWith("int64") ? BigInt(x) : x));
  return { id: "c", type: { elem, shape: dims }, constant: tensor(elem, dims, data) };
}

/** The context of a node with its attributes' defaults filled in. A bare shape is a float32 value. */
export function contextOf(
  op: OpName,
  inputs: readonly Input[],
  attrs: Attrs = {},
  outputs = ["y"],
): InferContext {
  const defaults: Record<string, AttrValue> = {};
  for (const [name, spec] of Object.entries<AttrSpec>(ops[op].attributes)) {
    if ("default" in spec && spec.default !== undefined) defaults[name] = spec.default;
  }
  const values = inputs.map((input) => (input && "id" in input ? input : input && value(input)));
  return {
    inputs: values,
    node: {
      id: "n",
      op,
      inputs: values.map((v) => v && v.id),
      outputs,
      attrs: { ...defaults, ...attrs },
      origin: { name: "n", opType: op, domain: "", opset: 17 },
    },
  };
}

export function infer(op: OpName, inputs: readonly Input[], attrs?: Attrs, outputs?: string[]): TensorType[] {
  return ops[op].infer(contextOf(op, inputs, attrs, outputs)) as TensorType[];
}

/** The shape of the first output. */
export function shapeAfter(op: OpName, inputs: readonly Input[], attrs?: Attrs): readonly Dim[] | null {
  return infer(op, inputs, attrs)[0]!.shape;
}

export function sums(op: OpName, inputs: readonly Input[], attrs?: Attrs): SumShape | null | undefined {
  return ops[op].sums?.(contextOf(op, inputs, attrs));
}
