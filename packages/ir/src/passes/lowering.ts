// Writes the nodes that stand for one node: names that no other has, attributes filled in, all of one origin.
import type { AttrValue, Node, ValueId } from "../graph.js";
import type { AttrSpec } from "../ops/define.js";
import { ops, type OpName } from "../ops/index.js";
import { isNarrow, narrowRounding } from "../narrow.js";
import { allocate, sizeOf, tensor, type ElementType, type Tensor } from "../types.js";
import type { Rewrite } from "./pass.js";

type Attributes = Readonly<Record<string, AttrValue>>;

export class Lowering {
  private readonly written: Node[] = [];
  private readonly scalars = new Map<string, ValueId>();

  constructor(
    private readonly rewrite: Rewrite,
    private readonly node: Node,
  ) {}

  /** A node with one output, called `<node>/<name>` as its output is. Attributes that are left out have their defaults. */
  add(op: OpName, inputs: readonly (ValueId | null)[], name: string, attrs: Attributes = {}): ValueId {
    const output = this.rewrite.value(`${this.node.id}/${name}`, { type: null });
    this.written.push(this.nodeOf(op, inputs, output, `${this.node.id}/${name}`, attrs));
    return output;
  }

  /** The same for the last node of all, which yields output `index` of the node that is replaced. */
  finish(
    op: OpName,
    inputs: readonly (ValueId | null)[],
    name: string,
    attrs: Attributes = {},
    index = 0,
  ): void {
    const output = this.node.outputs[index];
    if (output === undefined) return;
    this.written.push(this.nodeOf(op, inputs, output, `${this.node.id}/${name}`, attrs));
  }

  /** A constant called `<node>/<name>`. */
  constant(name: string, t: Tensor): ValueId {
    return this.rewrite.constant(`${this.node.id}/${name}`, t);
  }

  /** One number; the same one is made once. */
  scalar(elem: ElementType, x: number): ValueId {
    const key = `${elem}/${x}`;
    let id = this.scalars.get(key);
    if (id === undefined) this.scalars.set(key, (id = this.constant(String(x), scalarOf(elem, x))));
    return id;
  }

  /** A list of int64, as the shapes, axes and steps of ONNX are. */
  integers(name: string, list: readonly number[]): ValueId {
    return this.constant(name, tensor("int64", [list.length], BigInt64Array.from(list, BigInt)));
  }

  /** All that was written, in order. */
  get nodes(): readonly Node[] {
    return this.written;
  }

  /** Puts all that was written in the node's place. */
  replace(): void {
    this.rewrite.replace(this.node, this.written);
  }

  private nodeOf(
    op: OpName,
    inputs: readonly (ValueId | null)[],
    output: ValueId,
    name: string,
    attrs: Attributes,
  ): Node {
    const id = this.rewrite.nodeId(name);
    const origin = { ...this.node.origin, name: id, opType: op, domain: "" };
    return { id, op, inputs, outputs: [output], attrs: { ...defaultsOf(op), ...attrs }, origin };
  }
}

function defaultsOf(op: OpName): Record<string, AttrValue> {
  const filled: Record<string, AttrValue> = {};
  for (const [name, spec] of Object.entries<AttrSpec>(ops[op].attributes)) {
    if ("default" in spec && spec.default !== undefined) filled[name] = spec.default;
  }
  return filled;
}

/** A float tensor made of its elements, one by one, each rounded to its type. */
export function floatsOf(
  elem: ElementType,
  dims: readonly number[],
  element: (index: number) => number,
): Tensor {
  const data = allocate(elem, sizeOf(dims));
  const round = isNarrow(elem) ? narrowRounding(elem) : null;
  for (let i = 0; i < data.length; i++) data[i] = round ? round(element(i)) : element(i);
  return tensor(elem, dims, data);
}

/** One number. */
export function scalarOf(elem: ElementType, x: number): Tensor {
  return floatsOf(elem, [], () => x);
}
