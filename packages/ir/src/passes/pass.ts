// What a pass is, and the small tools that passes share.
import { consumers, type Graph, type Node, type NodeId, type Value, type ValueId } from "../graph.js";
import { inputsOf } from "../sites.js";
import { ops } from "../ops/index.js";
import { typeOf, type Tensor } from "../types.js";
import { typed } from "../values.js";

/** A pass returns a new graph (or the same one) and says whether it changed anything. */
export interface PassResult {
  readonly graph: Graph;
  readonly changed: boolean;
}

/** A graph being rewritten: nodes are replaced one for many, values are added, then `finish` tidies up. */
export class Rewrite {
  private readonly nodes = new Map<Node, readonly Node[]>();
  private readonly values: Map<ValueId, Value>;
  private readonly nodeIds: Set<NodeId>;
  changed = false;

  constructor(private readonly graph: Graph) {
    this.values = new Map(graph.values);
    this.nodeIds = new Set(graph.nodes.map(({ id }) => id));
  }

  /** A name for a node, made from `hint`, that no other node has. */
  nodeId(hint: NodeId): NodeId {
    let id = hint;
    for (let i = 1; this.nodeIds.has(id); i++) id = `${hint}.${i}`;
    this.nodeIds.add(id);
    return id;
  }

  replace(node: Node, by: readonly Node[]): void {
    this.nodes.set(node, by);
    this.changed = true;
  }

  /** Adds a constant under a name made from `hint`, and returns that name. */
  constant(hint: string, t: Tensor): ValueId {
    return this.value(hint, { type: typeOf(t), constant: t });
  }

  /** Adds a value under a name made from `hint`, and returns that name. */
  value(hint: string, value: Omit<Value, "id">): ValueId {
    let id = hint;
    for (let i = 1; this.values.has(id); i++) id = `${hint}.${i}`;
    this.values.set(id, { ...value, id });
    this.changed = true;
    return id;
  }

  /** Says something else of a value that is there already. */
  redefine(value: Value): void {
    this.values.set(value.id, value);
    this.changed = true;
  }

  finish(): PassResult {
    if (!this.changed) return { graph: this.graph, changed: false };
    const nodes = this.graph.nodes.flatMap((node) => this.nodes.get(node) ?? [node]);
    return { graph: dropUnused({ ...this.graph, nodes, values: this.values }), changed: true };
  }
}

/** Drops the nodes that no output needs, then the values that nothing reads. */
export function dropUnused(graph: Graph): Graph {
  const needed = new Set<ValueId>(graph.outputs);
  const nodes = [...graph.nodes]
    .reverse()
    .filter((node) => {
      if (!node.outputs.some((id) => needed.has(id))) return false;
      for (const id of node.inputs) if (id !== null) needed.add(id);
      return true;
    })
    .reverse();
  const alive = new Set([...needed, ...graph.inputs, ...nodes.flatMap((node) => node.outputs)]);
  const values = new Map([...graph.values].filter(([id]) => alive.has(id)));
  return { ...graph, nodes, values };
}

/** Works out the type of every computed value anew. @throws IrError `shape` where inputs cannot go together. */
export function inferTypes(graph: Graph): Graph {
  const values = new Map(graph.values);
  const current = { ...graph, values };
  for (const node of graph.nodes) {
    const types = ops[node.op].infer({ node, inputs: inputsOf(current, node) });
    node.outputs.forEach((id, i) => {
      const type = types[i];
      if (type) values.set(id, { ...values.get(id), ...typed(type), id });
    });
  }
  return current;
}

/** The node that alone reads `id`, or null; a value that is an output of the graph has no sole reader. */
export function soleReader(graph: Graph, id: ValueId, readers = consumers(graph)): Node | null {
  const list = readers.get(id) ?? [];
  return list.length === 1 && !graph.outputs.includes(id) ? list[0]! : null;
}
