// Whether what a node yields are the logits of a softmax, and with which factor: attention scores are.
import { constantInput, valueOf, type Graph, type Node, type ValueId } from "./graph.js";
import { intAttr } from "./ops/define.js";
import { normalizeAxis } from "./ops/dims.js";
import type { OpName } from "./ops/index.js";
import { toNumbers, type Dim } from "./types.js";

/** The softmax over the last axis that alone consumes a sum's values. */
export interface SoftmaxAfter {
  /** What the values are multiplied by on the way. */
  readonly scale: number;
}

type Readers = ReadonlyMap<ValueId, readonly Node[]>;

/**
 * Follows single consumers: Mul and Div by a constant number, Add of a constant mask (which `scale` says nothing
 * of), and whatever moves values without tearing the last axis apart. Null where anything else comes first.
 */
export function softmaxAfter(graph: Graph, node: Node, readers: Readers): SoftmaxAfter | null {
  let value = node.outputs[0];
  let scale = 1;
  while (value !== undefined) {
    const next: readonly Node[] = readers.get(value) ?? [];
    if (next.length !== 1 || graph.outputs.includes(value)) return null;
    const reader = next[0]!;
    if (reader.op === "Softmax") return overLastAxis(graph, reader) ? { scale } : null;
    const factor = factors[reader.op]?.(graph, reader, value) ?? null;
    if (factor === null) return null;
    scale *= factor;
    if (!Number.isFinite(scale)) return null;
    value = reader.outputs[0];
  }
  return null;
}

type Factor = (graph: Graph, node: Node, value: ValueId) => number | null;

const moved = (keeps: (graph: Graph, node: Node, value: ValueId) => boolean): Factor => {
  return (graph, node, value) => (keeps(graph, node, value) ? 1 : null);
};

/** What lies between with rows kept in one piece, and what it multiplies the value by; null where it does more. */
const factors: Readonly<Partial<Record<OpName, Factor>>> = {
  Add: (graph, node, value) => {
    const other = node.inputs[0] === value ? 1 : 0;
    return constantInput(graph, node, other) && keepsShape(graph, node, value) ? 1 : null;
  },
  Div: (graph, node, value) => {
    const divisor = node.inputs[0] === value ? scalarAt(graph, node, 1) : null;
    return divisor !== null && keepsShape(graph, node, value) ? 1 / divisor : null;
  },
  Flatten: moved(keepsLastAxis),
  Identity: () => 1,
  Mul: (graph, node, value) => {
    const other = node.inputs[0] === value ? 1 : 0;
    return keepsShape(graph, node, value) ? scalarAt(graph, node, other) : null;
  },
  Reshape: moved(keepsLastAxis),
  Squeeze: moved(keepsLastAxis),
  Transpose: moved(keepsLastPlace),
  Unsqueeze: moved(keepsLastAxis),
};

function scalarAt(graph: Graph, node: Node, index: number): number | null {
  const constant = constantInput(graph, node, index);
  return constant?.data.length === 1 ? toNumbers(constant)[0]! : null;
}

const shapeOf = (graph: Graph, id: ValueId): readonly Dim[] | null => valueOf(graph, id).type?.shape ?? null;

function keepsShape(graph: Graph, node: Node, value: ValueId): boolean {
  const [before, after] = [shapeOf(graph, value), shapeOf(graph, node.outputs[0]!)];
  return before !== null && before.length === after?.length && before.every((dim, i) => dim === after[i]);
}

function keepsLastAxis(graph: Graph, node: Node, value: ValueId): boolean {
  const last = shapeOf(graph, value)?.at(-1) ?? null;
  return last !== null && last === shapeOf(graph, node.outputs[0]!)?.at(-1);
}

function keepsLastPlace(graph: Graph, node: Node, value: ValueId): boolean {
  const rank = shapeOf(graph, value)?.length;
  const order = node.attrs["perm"] as readonly number[] | undefined;
  return rank !== undefined && order?.at(-1) === rank - 1;
}

function overLastAxis(graph: Graph, node: Node): boolean {
  const axis = intAttr(node, "axis");
  const rank = shapeOf(graph, node.inputs[0]!)?.length;
  return rank === undefined ? axis === -1 : normalizeAxis(node, axis, rank) === rank - 1;
}
