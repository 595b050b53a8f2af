// The graph: values, nodes and their order. Immutable; a pass returns a new one.
import type { Tensor, TensorType } from "./types.js";
import type { ContainerType, ValueType } from "./values.js";
import type { OpName } from "./ops/index.js";
import type { Operands } from "./precision.js";

export type ValueId = string;
export type NodeId = string;

/** `sha256:` and 64 hexadecimal digits. */
export type Digest = string;

/**
 * A graph inside a node, such as a branch of If. It is closed: what it reads of the graph around it comes in as inputs
 * of its own, after those that the operator feeds. `captured` says, for each of these, which input of the node it is.
 */
export interface Body {
  readonly graph: Graph;
  readonly captured: readonly number[];
}

/** An attribute's value, already checked against the operator's own list of attributes. */
export type AttrValue = number | string | readonly number[] | readonly string[] | Tensor | Body | ValueType;

/** The attributes of a node: exactly those that its operator defines, defaults filled in. */
export type Attrs = Readonly<Record<string, AttrValue | undefined>>;

/** Where a node came from, for messages that a person can act on. */
export interface Origin {
  /** The node's name in the file, or a made-up one such as `Gemm_3` where the file has none. */
  readonly name: string;
  readonly opType: string;
  readonly domain: string;
  readonly opset: number;
}

/** One operation. An omitted optional input is null. */
export interface Node {
  readonly id: NodeId;
  readonly op: OpName;
  readonly inputs: readonly (ValueId | null)[];
  readonly outputs: readonly ValueId[];
  readonly attrs: Attrs;
  readonly origin: Origin;
}

/**
 * A value: the type as far as it is known, and the tensor where it is constant. A value that is a sequence, an
 * optional or a map has a `container` in the place of a `type`.
 */
export interface Value {
  readonly id: ValueId;
  readonly type: TensorType | null;
  readonly container?: ContainerType;
  readonly constant?: Tensor;
}

/** A model: nodes in topological order over named values in static single assignment. */
export interface Graph {
  readonly name: string;
  /** Of the model's bytes, external data included: what ties a plan to its model. */
  readonly digest: Digest;
  readonly inputs: readonly ValueId[];
  readonly outputs: readonly ValueId[];
  readonly nodes: readonly Node[];
  readonly values: ReadonlyMap<ValueId, Value>;
  /** What was cast before planning, see `quantizeOperands`. */
  readonly operands: Operands;
}

/** The value of that id. @throws Error when the graph is broken: `verify` finds that first. */
export function valueOf(graph: Graph, id: ValueId): Value {
  const value = graph.values.get(id);
  if (!value) throw new Error(`internal: the graph has no value "${id}"`);
  return value;
}

/** The constant that an input of a node holds, or undefined. */
export function constantInput(graph: Graph, node: Node, index: number): Tensor | undefined {
  const id = node.inputs[index];
  return id == null ? undefined : graph.values.get(id)?.constant;
}

/** The graphs inside a node, in the order of its attributes. */
export function bodiesOf(node: { readonly attrs: Attrs }): Body[] {
  return Object.values(node.attrs).filter(isBody);
}

export function isBody(value: AttrValue | undefined): value is Body {
  return typeof value === "object" && "graph" in value;
}

/** The inputs that the operator itself takes; those that only its bodies read come after them. */
export function ownInputs(node: Node): readonly (ValueId | null)[] {
  const captured = bodiesOf(node).flatMap((body) => body.captured);
  return captured.length === 0 ? node.inputs : node.inputs.slice(0, Math.min(...captured));
}

/** The type of a value that is no tensor, or of one that is. */
export function valueType(value: Value): ValueType | null {
  return value.container ?? value.type;
}

/** For every value, the nodes that read it (once each). */
export function consumers(graph: Graph): ReadonlyMap<ValueId, readonly Node[]> {
  const table = new Map<ValueId, Node[]>();
  for (const node of graph.nodes) {
    for (const id of new Set(node.inputs)) {
      if (id === null) continue;
      const list = table.get(id);
      if (list) list.push(node);
      else table.set(id, [node]);
    }
  }
  return table;
}

/** For every value that a node computes, that node. */
export function producers(graph: Graph): ReadonlyMap<ValueId, Node> {
  return new Map(graph.nodes.flatMap((node) => node.outputs.map((id) => [id, node] as const)));
}

/** A name from a file, as a message may show it: quoted, control characters escaped, never long. */
export function quote(name: string): string {
  const text = JSON.stringify(name).replace(
    /[\u007f-\u009f]/g,
    (c) => `\\u00${c.charCodeAt(0).toString(16)}`,
  );
  return text.length <= 80 ? text : `${text.slice(0, 76)}..."`;
}

/** `node "conv1" (Conv, opset 17)`: how messages speak of a node. */
export function describeNode(node: { origin: Origin }): string {
  const { name, opType, domain, opset } = node.origin;
  const type = quote(domain && domain !== "ai.onnx" ? `${domain}.${opType}` : opType).slice(1, -1);
  return `node ${quote(name)} (${type}, opset ${opset})`;
}
