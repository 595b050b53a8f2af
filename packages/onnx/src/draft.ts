// The graph while it is being read: values so far, nodes so far, and what the file says of the rest.
import {
  quote,
  describeNode,
  typeOf,
  type Node,
  type Origin,
  type Value,
  type ValueId,
  type ValueType,
} from "@mpplan/ir";
import { invalidModel } from "./errors.js";
import type { ExternalReader } from "./external-files.js";
import type { ImportLimits } from "./limits.js";
import type { FileNode, FileScope } from "./functions.js";
import { unique } from "./node-ids.js";
import type { GraphProto, NodeProto } from "./proto.js";
import type { RawNode } from "./raw-node.js";
import type { UpgradeContext } from "./upgrades/upgrade.js";
import { declaredType } from "./value-types.js";

export interface Draft {
  readonly scope: FileScope;
  /** The graph around this one, for a body. */
  readonly parent: Draft | null;
  /** What a body reads of the graph around it: names there, and the inputs here that stand for them. */
  readonly captured: Map<ValueId, ValueId>;
  readonly limits: ImportLimits;
  readonly external: ExternalReader;
  readonly values: Map<ValueId, Value>;
  readonly nodes: Node[];
  /** Values that are another one by a new name: outputs of Identity and Dropout. */
  readonly aliases: Map<ValueId, ValueId>;
  /** Types that the file states; they fill in what cannot be worked out. */
  readonly declared: ReadonlyMap<ValueId, ValueType>;
  /** What some node or the graph's outputs read. */
  readonly read: ReadonlySet<ValueId>;
  readonly graphOutputs: ReadonlySet<ValueId>;
  /** What nodes compute, to tell a late value from a missing one. */
  readonly computed: ReadonlySet<ValueId>;
  readonly valueNames: Set<string>;
  readonly nodeNames: Set<string>;
}

export function startDraft(
  graph: GraphProto,
  nodes: readonly FileNode[],
  scope: FileScope,
  external: ExternalReader,
  parent: Draft | null = null,
): Draft {
  const { limits } = scope;
  const outputs = (graph.output ?? []).map((output) => output.name ?? "");
  const computed = new Set(nodes.flatMap(({ proto }) => proto.output ?? []));
  const read = new Set([...nodes.flatMap(({ proto }) => readBy(proto)), ...outputs]);
  const stated = [...(graph.input ?? []), ...(graph.initializer ?? [])].map((each) => each.name ?? "");
  const declared = new Map<ValueId, ValueType>();
  // One statement for each value that a node computes; what a file says twice, or of nothing, is not read.
  const open = new Set(computed);
  for (const info of [...(graph.output ?? []), ...(graph.valueInfo ?? [])]) {
    const name = info.name ?? "";
    if (!open.delete(name)) continue;
    const type = declaredType(info, limits);
    if (type) declared.set(name, type);
  }
  return {
    scope,
    parent,
    captured: new Map(),
    limits,
    external,
    values: new Map(),
    nodes: [],
    aliases: new Map(),
    declared,
    read,
    graphOutputs: new Set(outputs),
    computed,
    valueNames: new Set([...computed, ...read, ...stated]),
    nodeNames: new Set(nodes.map(({ origin }) => origin.name)),
  };
}

/** What a node reads, and the graphs inside it. */
function readBy(node: NodeProto): string[] {
  const bodies = (node.attribute ?? []).flatMap((each) => (each.g ? [each.g] : []));
  const inner = bodies.flatMap((graph) => [
    ...(graph.node ?? []).flatMap(readBy),
    ...(graph.output ?? []).map((output) => output.name ?? ""),
  ]);
  return [...(node.input ?? []), ...inner];
}

/**
 * The value that a name stands for; in a body also one of the graph around it.
 * @throws ImportError where nothing before has defined it
 */
export function resolve(draft: Draft, name: string, origin: Origin): ValueId {
  const found = find(draft, name);
  if (found !== null) return found;
  const what = draft.computed.has(name)
    ? `The value ${quote(name)} is computed only after this node: the nodes are not sorted`
    : `The value ${quote(name)} is neither an input, nor an initializer, nor computed by any node`;
  throw invalidModel(what, describeNode({ origin }));
}

/** A value's id, a constant of the graph around a body copied in, any other value made an input of the body. */
function find(draft: Draft, name: string): ValueId | null {
  const id = draft.aliases.get(name) ?? name;
  if (draft.values.has(id)) return id;
  if (!draft.parent || draft.computed.has(name)) return null;
  const outer = find(draft.parent, name);
  if (outer === null) return null;
  const known = draft.captured.get(outer);
  if (known !== undefined) return known;
  const value = draft.parent.values.get(outer)!;
  const inner = draft.values.has(outer) ? unique(outer, draft.valueNames) : outer;
  draft.values.set(inner, { ...value, id: inner });
  draft.valueNames.add(inner);
  if (inner !== name) draft.aliases.set(name, inner);
  if (!value.constant) draft.captured.set(outer, inner);
  return inner;
}

/** Adds a value. @throws ImportError where its name is taken. */
export function define(draft: Draft, value: Value, where: string): void {
  checkFree(draft, value.id, where);
  draft.values.set(value.id, value);
}

/** Lets a name stand for a value that exists. @throws ImportError where the name is taken. */
export function defineAlias(draft: Draft, id: ValueId, target: ValueId, where: string): void {
  checkFree(draft, id, where);
  draft.aliases.set(id, target);
}

/** What the upgrade of a node may ask of the draft, and add to it. */
export function upgradeContext(draft: Draft, raw: RawNode): UpgradeContext {
  const input = (index: number): Value | undefined => {
    const id = raw.inputs[index];
    return id === undefined || id === null ? undefined : draft.values.get(id);
  };
  const value = (name: string): ValueId => unique(`${raw.id}/${name}`, draft.valueNames);
  return {
    inputType: (index) => input(index)?.type ?? null,
    inputConstant: (index) => input(index)?.constant,
    isRead: (index) => {
      const output = raw.outputs[index] ?? "";
      return output !== "" && draft.read.has(output);
    },
    value,
    node: (name) => unique(`${raw.id}/${name}`, draft.nodeNames),
    constant: (name, constant) => {
      const id = value(name);
      define(draft, { id, type: typeOf(constant), constant }, describeNode(raw));
      return id;
    },
  };
}

function checkFree(draft: Draft, id: ValueId, where: string): void {
  if (id === "") throw invalidModel("A value has no name", where);
  if (draft.values.has(id) || draft.aliases.has(id)) {
    throw invalidModel(`The value ${quote(id)} is defined twice`, where);
  }
}
