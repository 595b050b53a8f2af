// Writes the nodes that stand for one node: names that no other has, attributes filled in, all of one origin.
import type { Attrs, AttrValue, Node, ValueId } from "../graph.js";
import type { AttrSpec } from "../ops/define.js";
import { ops, type OpName } from "../ops/index.js";
import { isNarrow, narrowRounding } from "../narrow.js";
import { allocate, sizeOf, tensor, type ElementType, type Tensor } from "../types.js";
import type { Rewrite } from "./pass.js";

export class Lowering {
  private written: Node[] = [];
  /** Outputs of the graph around that a value here has become. */
  private readonly yielded = new Set<ValueId>();
  private readonly scalars = new Map<string, ValueId>();

  constructor(
    private readonly rewrite: Rewrite,
    private readonly node: Node,
  ) {}

  /**
   * A node with one output, called `<node>/<name>` as its output is; without a name it is called as the node that it
   * stands for. Attributes that are left out have their defaults.
   */
  add(op: OpName, inputs: readonly (ValueId | null)[], name: string, attrs: Attrs = {}): ValueId {
    const output = this.rewrite.value(`${this.node.id}/${name || "sum"}`, { type: null });
    this.written.push(this.nodeOf(op, inputs, output, name, attrs));
    return output;
  }

  /** Makes a value output `index` of the node that is replaced, or of `last`; by a copy where it is no value of this lowering. */
  yield(value: ValueId, index = 0, last = this.node): void {
    const output = last.outputs[index];
    if (output === undefined) return;
    const own = this.written.some(({ outputs }) => outputs[0] === value);
    if (!own || this.yielded.has(value)) {
      this.written.push(this.nodeOf("Identity", [value], output, `output${index}`, {}));
      return;
    }
    this.yielded.add(output);
    const named = <Id extends ValueId | null>(id: Id): Id | ValueId => (id === value ? output : id);
    this.written = this.written.map((node) => ({
      ...node,
      inputs: node.inputs.map(named),
      outputs: node.outputs.map(named),
    }));
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
    attrs: Attrs,
  ): Node {
    const id = name === "" ? this.node.id : this.rewrite.nodeId(`${this.node.id}/${name}`);
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
