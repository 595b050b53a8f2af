// What Attention adds to its scores: the mask that it is given, and minus infinity for keys that a query must not see.
import { valueOf, type Graph, type Node, type ValueId } from "../graph.js";
import { intAttr } from "../ops/define.js";
import type { AttentionSizes } from "../ops/attention.js";
import { tensor, type Dim, type ElementType, type Tensor } from "../types.js";
import type { Lowering } from "./lowering.js";

/** The most elements that the constant of a causal mask may have. */
const mostCausal = 2 ** 24;

/** What is added to the scores, and where it masks all of a line; null where it never does. */
export interface AttentionBias {
  readonly value: ValueId;
  readonly empty: ValueId | null;
}

/** Why the masks of an Attention cannot be written out; null where they can, or there are none. */
export function whyNotBiased(graph: Graph, node: Node, sizes: AttentionSizes): string | null {
  const { queries, keys } = sizes;
  if (intAttr(node, "is_causal") !== 0) {
    if (typeof queries !== "number" || typeof keys !== "number")
      return "it is causal, and its lengths are open";
    if (queries * keys > mostCausal)
      return `its causal mask has ${queries * keys} elements, more than ${mostCausal}`;
    if (pastLength(graph, node) === null) return "it is causal, and how many keys came before is not known";
  }
  if (node.inputs[6] != null && typeof keys !== "number")
    return "its keys are counted, and their length is open";
  if (node.inputs[3] == null) return null;
  const shown = shownKeys(graph, node);
  if (shown === null) return "how many keys its mask has is not known";
  if (shown !== keys && (typeof shown !== "number" || typeof keys !== "number"))
    return "whether its mask has every key is not known";
  return null;
}

/** Null where nothing is added. */
export function attentionBias(
  graph: Graph,
  node: Node,
  sizes: AttentionSizes,
  to: Lowering,
  elem: ElementType,
): AttentionBias | null {
  const counted = node.inputs[6] == null ? null : countedKeys(graph, node, to);
  const mask = node.inputs[3] == null ? null : wholeMask(graph, node, sizes, to, elem);
  const seen = [
    ...(intAttr(node, "is_causal") !== 0 ? [causal(graph, node, sizes, to, counted)] : []),
    ...(counted === null ? [] : [amongCounted(sizes, to, counted)]),
    ...(mask?.bool ? [mask.value] : []),
  ];
  const added = mask && !mask.bool ? mask.value : null;
  if (seen.length === 0 && added === null) return null;
  const all = seen.length === 0 ? null : seen.reduce((a, b, i) => to.add("And", [a, b], `seen${i}`));
  const value =
    all === null
      ? added!
      : to.add("Where", [all, added ?? to.scalar(elem, 0), to.scalar(elem, -Infinity)], "bias");
  // A causal query sees the first key at least.
  if (mask === null && counted === null) return { value, empty: null };
  const most = to.add("ReduceMax", [value, to.integers("bias.axes", [-1])], "bias.most", { keepdims: 1 });
  return { value, empty: to.add("Equal", [most, to.scalar(elem, -Infinity)], "empty") };
}

/** 0 where there are no earlier keys; null where their number is open. */
function pastLength(graph: Graph, node: Node): number | null {
  if (node.inputs[4] == null) return 0;
  const length: Dim | undefined = valueOf(graph, node.inputs[4]).type?.shape?.[2];
  return typeof length === "number" ? length : null;
}

/** The last axis of the mask. */
function shownKeys(graph: Graph, node: Node): Dim {
  return valueOf(graph, node.inputs[3]!).type?.shape?.at(-1) ?? null;
}

/** How many keys of each sample count, [batch, 1, 1, 1]. */
function countedKeys(graph: Graph, node: Node, to: Lowering): ValueId {
  const id = node.inputs[6]!;
  const { elem } = valueOf(graph, id).type!;
  const whole = elem === "int64" ? id : to.add("Cast", [id], "counted.int64", { to: "int64" });
  return to.add("Unsqueeze", [whole, to.integers("counted.axes", [1, 2, 3])], "counted");
}

/** Whether a key counts, [batch, 1, 1, keys]. */
function amongCounted(sizes: AttentionSizes, to: Lowering, counted: ValueId): ValueId {
  const places = Array.from({ length: sizes.keys as number }, (_, key) => key);
  return to.add("Less", [to.integers("places", places), counted], "counted.seen");
}

/** Whether a query may see a key: the last query sees the last one that counts, or there is. */
function causal(
  graph: Graph,
  node: Node,
  { queries, keys }: AttentionSizes,
  to: Lowering,
  counted: ValueId | null,
): ValueId {
  const [rows, columns] = [queries as number, keys as number];
  if (counted === null || node.inputs[4] != null)
    return to.constant("causal", lowerTriangle(rows, columns, pastLength(graph, node)!));
  const distance = BigInt64Array.from({ length: rows * columns }, (_, at) =>
    BigInt((at % columns) - Math.floor(at / columns)),
  );
  const behind = to.constant("distance", tensor("int64", [rows, columns], distance));
  const ahead = to.add("Sub", [counted, to.integers("queries", [rows])], "ahead");
  return to.add("LessOrEqual", [behind, ahead], "causal.seen");
}

function lowerTriangle(rows: number, columns: number, ahead: number): Tensor {
  const data = Uint8Array.from({ length: rows * columns }, (_, at) =>
    at % columns <= Math.floor(at / columns) + ahead ? 1 : 0,
  );
  return tensor("bool", [rows, columns], data);
}

/** The mask with a column for every key: those beyond its last one are not seen. */
function wholeMask(
  graph: Graph,
  node: Node,
  { keys }: AttentionSizes,
  to: Lowering,
  work: ElementType,
): { value: ValueId; bool: boolean } {
  const id = node.inputs[3]!;
  const { elem } = valueOf(graph, id).type!;
  const bool = elem === "bool";
  const typed = bool || elem === work ? id : to.add("Cast", [id], "mask.wide", { to: work });
  const shown = shownKeys(graph, node);
  if (shown === keys) return { value: typed, bool };
  const pads = to.integers("mask.pads", [0, (keys as number) - (shown as number)]);
  const behind = bool
    ? to.constant("unseen", tensor("bool", [], Uint8Array.of(0)))
    : to.scalar(work, -Infinity);
  const axes = to.integers("mask.axes", [-1]);
  return { value: to.add("Pad", [typed, pads, behind, axes], "mask.whole", { mode: "constant" }), bool };
}
