import { valueType, type Body } from "../graph.js";
import { isTensorType, printValueType, type ValueType } from "../values.js";
import { bodyAttr, defineOp, inputType, shapeError } from "./define.js";
import { requireElement } from "./checks.js";
import type { Node } from "../graph.js";
import type { Dim } from "../types.js";

/** The outputs of one of two bodies, as the condition says. Neither takes inputs but what it reads of the graph around. */
export const ifOp = defineOp({
  name: "If",
  arity: [1, 1],
  attributes: {
    else_branch: { type: "graph", required: true },
    then_branch: { type: "graph", required: true },
  },
  infer(context) {
    const { node } = context;
    requireElement(node, inputType(context, 0).elem, "bool", "condition");
    const [yes, no] = [bodyAttr(node, "then_branch"), bodyAttr(node, "else_branch")];
    if (yes.graph.outputs.length !== no.graph.outputs.length) {
      throw shapeError(
        node,
        `the branches of If have ${yes.graph.outputs.length} and ${no.graph.outputs.length} outputs`,
      );
    }
    const others = bodyTypes(no);
    return bodyTypes(yes).map((type, i) => commonType(node, type, others[i]!));
  },
});

/** What a body yields, as far as it is known; float32 of any shape where nothing is. */
export function bodyTypes({ graph }: Body): ValueType[] {
  return graph.outputs.map((id) => valueType(graph.values.get(id)!) ?? { elem: "float32", shape: null });
}

/**
 * What is known of a value that may be of either type.
 * @throws IrError where none can be both; `what` says where they meet.
 */
export function commonType(
  node: Node,
  a: ValueType,
  b: ValueType,
  what = `the bodies of ${node.op} yield`,
): ValueType {
  if (isTensorType(a) && isTensorType(b) && a.elem === b.elem) {
    return { elem: a.elem, shape: commonShape(a.shape, b.shape) };
  }
  if (!isTensorType(a) && !isTensorType(b) && a.kind === b.kind) {
    return { ...a, of: commonType(node, a.of, b.of, what) };
  }
  // A value is an optional that holds it.
  if (!isTensorType(a) && a.kind === "optional") return { ...a, of: commonType(node, a.of, b, what) };
  if (!isTensorType(b) && b.kind === "optional") return { ...b, of: commonType(node, a, b.of, what) };
  throw shapeError(node, `${what} ${printValueType(a)} and ${printValueType(b)}`);
}

/** The dims in which both agree. */
export function commonShape(a: readonly Dim[] | null, b: readonly Dim[] | null): Dim[] | null {
  if (!a || !b || a.length !== b.length) return null;
  return a.map((dim, axis) => (dim === b[axis] ? dim : null));
}
