// Softmax, LogSoftmax and Hardmax: before opset 13 the input was taken as a matrix, all axes from `axis` on as its rows. That is the
// same where `axis` is the last one; otherwise Flatten, the operator and Reshape say it in today's words.
import type { Dim } from "@mpplan/ir";
import { invalid } from "../attributes.js";
import type { RawAttrs, RawNode } from "../raw-node.js";
import { attribute, int64s, without, type Upgrade } from "./upgrade.js";

export const softmax: Upgrade = (raw, context) => {
  if (raw.origin.opset >= 13) return [raw];
  const axis = Number(attribute(raw, "axis", "int")?.value ?? 1n);
  const last = withAxis(without(raw.attrs, "axis"), -1);
  const shape = context.inputType(0)?.shape ?? null;
  if (shape && (axis < -shape.length || axis >= shape.length)) {
    throw invalid(
      raw.origin,
      `The axis ${axis} of ${raw.op} is out of range for a tensor of rank ${shape.length}`,
    );
  }
  if (axis === -1 || axis + 1 === shape?.length) return [{ ...raw, attrs: last }];

  const input = raw.inputs[0] ?? null;
  const matrix = context.value("matrix");
  const rows = context.value("rows");
  const sizes = shape && constantSizes(shape);
  const target = sizes ? context.constant("shape", int64s(sizes)) : context.value("shape");
  const step = (op: string, inputs: RawNode["inputs"], outputs: string[], attrs: RawAttrs): RawNode => ({
    ...raw,
    id: op === raw.op ? raw.id : context.node(op.toLowerCase()),
    op,
    inputs,
    outputs,
    attrs,
  });
  return [
    step("Flatten", [input], [matrix], withAxis(new Map(), axis)),
    step(raw.op, [matrix], [rows], last),
    ...(sizes ? [] : [step("Shape", [input], [target], new Map())]),
    step("Reshape", [rows, target], [...raw.outputs], new Map()),
  ];
};

/** The shape as Reshape takes it, at most one size left open; null where it has to be computed. */
function constantSizes(shape: readonly Dim[]): bigint[] | null {
  const open = shape.filter((dim) => typeof dim !== "number").length;
  if (open > 1 || shape.includes(0)) return null;
  return shape.map((dim) => (typeof dim === "number" ? BigInt(dim) : -1n));
}

function withAxis(attrs: RawAttrs, axis: number): RawAttrs {
  return new Map([...attrs, ["axis", { kind: "int", value: BigInt(axis) }]]);
}
