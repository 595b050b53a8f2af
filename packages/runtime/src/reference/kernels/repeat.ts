// Kernels that run a body again and again.
import {
  bodyAttr,
  isTensor,
  isTensorType,
  ownInputs,
  scanAxis,
  scanStates,
  shapeError,
  toNumbers,
  valueOf,
  valueType,
  type Body,
  type Node,
  type RuntimeValue,
  type SequenceValue,
  type Tensor,
  type ValueType,
} from "@mpplan/ir";
import { need, overValues } from "../kernel.js";
import { joined } from "./concat.js";
import { select } from "./select.js";
import { boolScalar, copyOfValue, int64Scalar, outputTypes, zeros } from "./tensors.js";

export const loop = overValues(async (inputs, node, context) => {
  const own = inputs.slice(0, ownInputs(node).length);
  const body = bodyAttr(node, "body");
  const most = own[0] ? toNumbers(own[0] as Tensor)[0]! : Infinity;
  let going = own[1] ? (own[1] as Tensor).data[0] !== 0 : true;
  let states = own.slice(2).map((_, i) => copyOfValue(need(own, 2 + i, node)));
  const slices = scanned(body, 1 + states.length);
  for (let round = 0; going && round < most; round++) {
    context.round(node);
    const [condition, ...rest] = await context.run(body, [int64Scalar(round), boolScalar(going), ...states]);
    going = (condition as Tensor).data[0] !== 0;
    states = rest.slice(0, states.length);
    slices.forEach(({ items }, i) => items.push(rest[states.length + i] as Tensor));
  }
  return [...states, ...slices.map((each) => stacked(node, each, 0))];
});

export const scan = overValues(async (inputs, node, context) => {
  const body = bodyAttr(node, "body");
  const count = scanStates(node);
  const sources = inputs.slice(count, ownInputs(node).length).map((_, i) => {
    const data = need(inputs, count + i, node) as Tensor;
    return { data, ...scanAxis(node, "input", i, data.dims.length) };
  });
  // The definition refuses inputs of different lengths.
  outputTypes(inputs, node);
  const length = sources[0]!.data.dims[sources[0]!.axis]!;
  let states = inputs.slice(0, count).map((_, i) => copyOfValue(need(inputs, i, node)));
  const slices = scanned(body, count);
  for (let round = 0; round < length; round++) {
    context.round(node);
    const now = sources.map(({ data, axis, reverse }) =>
      withoutAxis(select(data, axis, [reverse ? length - 1 - round : round]), axis),
    );
    const yielded = await context.run(body, [...states, ...now]);
    states = yielded.slice(0, count);
    slices.forEach(({ items }, i) => items.push(yielded[count + i] as Tensor));
  }
  const outputs = slices.map((each, i) => {
    const rank = (each.items[0]?.dims ?? emptySlice(node, each.type).dims).length;
    const { axis, reverse } = scanAxis(node, "output", i, rank + 1);
    return stacked(node, reverse ? { ...each, items: each.items.reverse() } : each, axis);
  });
  return [...states, ...outputs];
});

export const sequenceMap = overValues(async (inputs, node, context) => {
  const body = bodyAttr(node, "body");
  const own = ownInputs(node).map((_, i) => need(inputs, i, node));
  const sequences = own.filter(
    (value): value is SequenceValue => !isTensor(value) && value.kind === "sequence",
  );
  const length = sequences[0]!.items.length;
  const other = sequences.find(({ items }) => items.length !== length);
  if (other) {
    throw shapeError(
      node,
      `SequenceMap goes through sequences of ${length} and of ${other.items.length} items`,
    );
  }
  const results: RuntimeValue[][] = body.graph.outputs.map(() => []);
  for (let i = 0; i < length; i++) {
    context.round(node);
    const now = own.map((value) => (!isTensor(value) && value.kind === "sequence" ? value.items[i]! : value));
    const yielded = await context.run(body, now);
    results.forEach((items, k) => items.push(yielded[k]!));
  }
  return results.map((items, k): SequenceValue => {
    return { kind: "sequence", of: typeOfOutput(body, k) ?? { elem: "float32", shape: null }, items };
  });
});

/** What one output of a body has yielded so far. */
interface Slices {
  readonly type: ValueType | null;
  readonly items: Tensor[];
}

function scanned(body: Body, from: number): Slices[] {
  return body.graph.outputs.slice(from).map((_, i) => ({ type: typeOfOutput(body, from + i), items: [] }));
}

function typeOfOutput({ graph }: Body, index: number): ValueType | null {
  return valueType(valueOf(graph, graph.outputs[index]!));
}

/** The slices along a new axis. @throws IrError where they differ in their dims. */
function stacked(node: Node, { type, items }: Slices, axis: number): Tensor {
  const first = items[0] ?? emptySlice(node, type);
  const odd = items.find((item) => String(item.dims) !== String(first.dims));
  if (odd) {
    throw shapeError(
      node,
      `the body of ${node.op} yields slices of dims [${first.dims.join(", ")}] and [${odd.dims.join(", ")}], which cannot be stacked`,
    );
  }
  const around = (count: number): number[] => [
    ...first.dims.slice(0, axis),
    count,
    ...first.dims.slice(axis),
  ];
  if (items.length === 0) return zeros(first.elem, around(0));
  return joined(
    items.map((item) => ({ ...item, dims: around(1) })),
    axis,
    around(items.length),
  );
}

/** What a slice would be like, had there been a round; a dimension that only a round could tell is 0. */
function emptySlice(node: Node, type: ValueType | null): Tensor {
  if (!type || !isTensorType(type) || !type.shape) {
    throw shapeError(
      node,
      `${node.op} makes no round, and the shape of what its body yields is not known`,
      "state the shapes of the body's outputs in the model",
    );
  }
  return zeros(
    type.elem,
    type.shape.map((dim) => (typeof dim === "number" ? dim : 0)),
  );
}

function withoutAxis(t: Tensor, axis: number): Tensor {
  return { ...t, dims: t.dims.filter((_, i) => i !== axis) };
}
