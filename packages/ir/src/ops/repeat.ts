// Operators that run a body again and again: Loop, Scan, SequenceMap.
import { ownInputs, valueType, type Body } from "../graph.js";
import { isTensorType, printValueType, type ValueType } from "../values.js";
import { inputElement } from "./checks.js";
import {
  bodyAttr,
  defineOp,
  inputType,
  inputValueType,
  intAttr,
  optionalInts,
  shapeError,
  type InferContext,
} from "./define.js";
import { mergeDims, normalizeAxis } from "./dims.js";
import { commonType } from "./if.js";
import type { Node } from "../graph.js";
import type { Dim } from "../types.js";

const nothingKnown: ValueType = { elem: "float32", shape: null };

/**
 * Runs the body up to M times while the condition holds. Inputs: M (no limit if left out), condition (true), states.
 * The body takes round, condition and states, and yields condition, states and one slice per scan output; the outputs
 * are the states at the end and the slices stacked along a new first axis.
 */
export const loop = defineOp({
  name: "Loop",
  arity: [0, Infinity],
  attributes: { body: { type: "graph", required: true } },
  feeds: (inputs) => [
    { elem: "int64", shape: [] },
    { elem: "bool", shape: [] },
    ...inputs.slice(2).map((type) => type && ofAnyShape(type)),
  ],
  infer(context) {
    const { node, inputs } = context;
    const own = ownInputs(node).length;
    if (own > 0 && inputs[0]) inputElement(context, 0, "index", "number of rounds");
    if (own > 1 && inputs[1]) inputElement(context, 1, "bool", "condition");
    const states = Math.max(0, own - 2);
    const body = bodyAttr(node, "body");
    checkBody(node, body, 2 + states, 1 + states);
    const yielded = yieldedBy(body).slice(1);
    return yielded.map((type, i) =>
      i < states ? stateType(context, inputValueType(context, 2 + i), type) : stacked(node, type, null, 0),
    );
  },
});

/** One input or output of Scan: along which axis, and whether from its end. */
export interface ScanAxis {
  readonly axis: number;
  readonly reverse: boolean;
}

/**
 * Runs the body once per slice of the last `num_scan_inputs` inputs; the others are states. The body takes states and slices,
 * and yields states and one slice per scan output; the outputs are the states at the end and the slices stacked.
 */
export const scan = defineOp({
  name: "Scan",
  arity: [1, Infinity],
  attributes: {
    body: { type: "graph", required: true },
    num_scan_inputs: { type: "int", required: true },
    scan_input_axes: { type: "ints" },
    scan_input_directions: { type: "ints" },
    scan_output_axes: { type: "ints" },
    scan_output_directions: { type: "ints" },
  },
  feeds: (inputs) => inputs.map((type) => type && ofAnyShape(type)),
  infer(context) {
    const { node } = context;
    const body = bodyAttr(node, "body");
    const states = scanStates(node);
    checkBody(node, body, ownInputs(node).length, states);
    let length: Dim = null;
    for (let i = 0; i < intAttr(node, "num_scan_inputs"); i++) {
      const { shape } = inputType(context, states + i);
      if (!shape) continue;
      const { axis } = scanAxis(node, "input", i, shape.length);
      length = mergeDims(node, length, shape[axis]!, "the inputs of Scan have as many slices as each other");
    }
    return yieldedBy(body).map((type, i) => {
      if (i < states) return stateType(context, inputValueType(context, i), type);
      const rank = type && isTensorType(type) ? type.shape?.length : undefined;
      const axis = rank === undefined ? 0 : scanAxis(node, "output", i - states, rank + 1).axis;
      return stacked(node, type, length, axis);
    });
  },
});

/** How many of the inputs of a Scan are states. */
export function scanStates(node: Node): number {
  const [own, scanned] = [ownInputs(node).length, intAttr(node, "num_scan_inputs")];
  if (scanned >= 1 && scanned <= own) return own - scanned;
  throw shapeError(node, `Scan has ${own} inputs, and num_scan_inputs is ${scanned}`);
}

export function scanAxis(node: Node, side: "input" | "output", index: number, rank: number): ScanAxis {
  const axis = optionalInts(node, `scan_${side}_axes`)?.[index] ?? 0;
  const direction = optionalInts(node, `scan_${side}_directions`)?.[index] ?? 0;
  return { axis: normalizeAxis(node, axis, rank), reverse: direction !== 0 };
}

/** Runs the body on every item of the first input, a sequence; of others that are sequences, on the items at the same place. */
export const sequenceMap = defineOp({
  name: "SequenceMap",
  arity: [1, Infinity],
  attributes: { body: { type: "graph", required: true } },
  feeds: (inputs) =>
    inputs.map((type) => (type && !isTensorType(type) && type.kind === "sequence" ? type.of : type)),
  infer(context) {
    const { node } = context;
    const body = bodyAttr(node, "body");
    checkBody(node, body, ownInputs(node).length, 0);
    const first = inputValueType(context, 0);
    if (first && (isTensorType(first) || first.kind !== "sequence")) {
      throw shapeError(node, `the first input of SequenceMap is a sequence, not ${printValueType(first)}`);
    }
    return yieldedBy(body).map((type) => ({ kind: "sequence", of: type ?? nothingKnown }));
  },
});

/** The types of what a body yields, null where nothing is known. */
function yieldedBy({ graph }: Body): (ValueType | null)[] {
  return graph.outputs.map((id) => valueType(graph.values.get(id)!));
}

function checkBody(node: Node, { graph, captured }: Body, inputs: number, leastOutputs: number): void {
  const takes = graph.inputs.length - captured.length;
  if (takes === inputs && graph.outputs.length >= leastOutputs) return;
  throw shapeError(
    node,
    `the body of ${node.op} takes ${takes} values and yields ${graph.outputs.length}; ` +
      `it has to take ${inputs} and yield at least ${leastOutputs}`,
  );
}

/** What is known of a state after any number of rounds. */
function stateType({ node }: InferContext, initial: ValueType | null, yielded: ValueType | null): ValueType {
  if (initial && yielded) {
    return commonType(node, initial, yielded, `a state of ${node.op} begins as and is followed by`);
  }
  const known = initial ?? yielded;
  return known ? ofAnyShape(known) : nothingKnown;
}

/** What one round makes of a value may have another shape. */
function ofAnyShape(type: ValueType): ValueType {
  return isTensorType(type) ? { elem: type.elem, shape: null } : type;
}

function stacked(node: Node, slice: ValueType | null, count: Dim, axis: number): ValueType {
  if (!slice) return nothingKnown;
  if (!isTensorType(slice)) {
    throw shapeError(node, `the body of ${node.op} yields ${printValueType(slice)}, which cannot be stacked`);
  }
  const { elem, shape } = slice;
  return { elem, shape: shape && [...shape.slice(0, axis), count, ...shape.slice(axis)] };
}
