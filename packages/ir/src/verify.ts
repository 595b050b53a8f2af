// Checks the promises of a graph: single assignment, order, arity, attributes known and filled in, constants of
// their type and size.
import { IrError } from "./errors.js";
import { bodiesOf, describeNode, ownInputs, type Graph, type ValueId } from "./graph.js";
import type { AttrSpec } from "./ops/define.js";
import { ops } from "./ops/index.js";
import { printType, sizeOf } from "./types.js";

/** Returns the graph unchanged. @throws IrError `invalid-graph` at the first broken promise. */
export function verify(graph: Graph): Graph {
  const ready = new Set<ValueId>();
  const broken = (what: string, where: string): IrError =>
    new IrError("invalid-graph", { what, where, next: "correct the model, or export it again" });
  const define = (id: ValueId, where: string): void => {
    if (ready.has(id)) throw broken(`The value "${id}" is defined twice`, where);
    if (!graph.values.has(id)) throw broken(`The value "${id}" is not in the table of values`, where);
    ready.add(id);
  };

  for (const [id, value] of graph.values) if (value.constant) define(id, `constant "${id}"`);
  for (const id of graph.inputs) define(id, `input "${id}" of the graph`);
  const names = new Set<string>();
  for (const node of graph.nodes) {
    const where = describeNode(node);
    if (names.has(node.id)) throw broken(`Two nodes are called "${node.id}"`, where);
    names.add(node.id);
    const definition = Object.hasOwn(ops, node.op) ? ops[node.op] : undefined;
    if (!definition) throw broken(`There is no operator ${String(node.op)}`, where);
    const [least, most] = definition.arity;
    const own = ownInputs(node);
    if (own.length > most) {
      throw broken(`${node.op} takes at most ${most} inputs, not ${own.length}`, where);
    }
    for (const { graph: body, captured } of bodiesOf(node)) {
      verify(body);
      const stray = captured.find((index) => node.inputs[index] == null);
      if (stray !== undefined)
        throw broken(`A body of ${node.op} reads input number ${stray + 1}, which is missing`, where);
    }
    for (let i = 0; i < least; i++) {
      if (own[i] == null) throw broken(`${node.op} needs ${least} inputs; number ${i + 1} is missing`, where);
    }
    for (const id of node.inputs) {
      if (id !== null && !ready.has(id))
        throw broken(`It reads "${id}" before anything has computed it`, where);
    }
    for (const name of Object.keys(node.attrs)) {
      if (!Object.hasOwn(definition.attributes, name))
        throw broken(`${node.op} has no attribute "${name}"`, where);
    }
    for (const [name, spec] of Object.entries<AttrSpec>(definition.attributes)) {
      const filled = "default" in spec && spec.default !== undefined;
      if ((filled || spec.required) && node.attrs[name] === undefined)
        throw broken(`${node.op} lacks its attribute "${name}"`, where);
    }
    for (const id of node.outputs) define(id, where);
  }
  for (const id of graph.outputs) {
    if (!ready.has(id)) throw broken(`Nothing computes the output "${id}"`, `output "${id}" of the graph`);
  }
  for (const [id, { type, constant }] of graph.values) {
    if (constant && sizeOf(constant.dims) !== constant.data.length) {
      throw broken(
        `The constant has ${constant.data.length} elements, its dims [${constant.dims.join(", ")}] say ${sizeOf(constant.dims)}`,
        `value "${id}"`,
      );
    }
    if (!constant || !type) continue;
    const fits =
      type.elem === constant.elem &&
      (type.shape === null ||
        (type.shape.length === constant.dims.length &&
          type.shape.every((dim, i) => typeof dim !== "number" || dim === constant.dims[i])));
    if (!fits) {
      throw broken(
        `The constant is ${printType({ elem: constant.elem, shape: constant.dims })}, its type says ${printType(type)}`,
        `value "${id}"`,
      );
    }
  }
  return graph;
}
