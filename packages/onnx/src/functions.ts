// Local functions: a call is replaced by the function's nodes under names of their own, so that the importer proper
// never meets one. Calls inside functions are replaced too, references to the call's attributes filled in.
import { describeNode, quote, type Origin } from "@mpplan/ir";
import { invalidModel } from "./errors.js";
import { tooMuch, type ImportLimits } from "./limits.js";
import { nodeIds, unique } from "./node-ids.js";
import { has, type AttributeProto, type FunctionProto, type GraphProto, type NodeProto } from "./proto.js";

/** The versions of the domains that nodes are of; ONNX's own domain is "". */
export type Opsets = ReadonlyMap<string, number>;

/** A function of the model, and what all its calls have in common. */
export interface LocalFunction {
  readonly proto: FunctionProto;
  /** The values that its attributes have when a call leaves them out. */
  readonly defaults: readonly AttributeProto[];
  readonly opsets: Opsets;
  /** One per node. */
  readonly ids: readonly string[];
}

/** What nodes of the model may refer to, and how many there were so far. */
export interface FileScope {
  readonly opsets: Opsets;
  /** By domain and name, see `operatorKey`. */
  readonly functions: ReadonlyMap<string, LocalFunction>;
  /** Names of values that are in use anywhere in the file. */
  readonly taken: Set<string>;
  readonly limits: ImportLimits;
  /** Nodes, calls replaced. */
  nodes: number;
  /** What replacing calls has made, as `ImportLimits.inlined` counts it. */
  inlined: number;
}

/** Where a list of nodes stands. */
export interface Surroundings {
  readonly opsets: Opsets;
  /** The functions whose calls the nodes come from, the outermost first. */
  readonly callers: readonly string[];
  /** How many bodies and calls there are around. */
  readonly depth: number;
}

/** A node of the file, or of a function that it calls. */
export interface FileNode {
  readonly proto: NodeProto;
  readonly origin: Origin;
  readonly around: Surroundings;
}

/** How the catalogue calls an operator: ONNX's own by name, others by domain and name. */
export function operatorKey(domain: string, opType: string): string {
  return domain === "" || domain === "ai.onnx" ? opType : `${domain}.${opType}`;
}

/**
 * The nodes of a graph in order, calls of functions replaced.
 * @throws ImportError `invalid-model` for functions that call themselves, `limit` for calls that come to too much.
 */
export function fileNodes(
  nodes: readonly NodeProto[],
  scope: FileScope,
  around: Surroundings = { opsets: scope.opsets, callers: [], depth: 0 },
): FileNode[] {
  const ids = idsOf(nodes);
  const taken = new Set(ids);
  return nodes.flatMap((proto, index) => expanded(proto, ids[index]!, taken, around, scope));
}

/** What is around the nodes of a body of that node, or of a function that it calls. @throws ImportError `limit`. */
export function inside(
  { opsets, callers, depth }: Surroundings,
  origin: Origin,
  limits: ImportLimits,
  called?: { readonly key: string; readonly opsets: Opsets },
): Surroundings {
  if (depth >= limits.depth) {
    const what = `Bodies and calls of functions are nested ${depth + 1} deep`;
    throw tooMuch(what, "depth", limits, describeNode({ origin }));
  }
  if (!called) return { opsets, callers, depth: depth + 1 };
  return { opsets: called.opsets, callers: [...callers, called.key], depth: depth + 1 };
}

/** The ids of a list of nodes. */
export function idsOf(nodes: readonly NodeProto[]): string[] {
  return nodeIds(nodes.map((node) => ({ name: node.name ?? "", opType: node.opType ?? "" })));
}

/** `taken` are the ids of the graph that the node becomes a part of. */
function expanded(
  proto: NodeProto,
  id: string,
  taken: Set<string>,
  around: Surroundings,
  scope: FileScope,
): FileNode[] {
  const [domain, opType] = [proto.domain ?? "", proto.opType ?? ""];
  const origin: Origin = { name: id, opType, domain, opset: versionOf(domain, around.opsets) };
  const key = operatorKey(domain, opType);
  const called = scope.functions.get(key);
  if (!called) {
    if (++scope.nodes > scope.limits.nodes) {
      const what = "With its functions inlined, the model has too many nodes";
      throw tooMuch(what, "nodes", scope.limits, describeNode({ origin }));
    }
    return [{ proto, origin, around }];
  }
  if (around.callers.includes(key))
    throw invalidModel(`The function ${quote(key)} calls itself`, describeNode({ origin }));
  const within = inside(around, origin, scope.limits, { key, opsets: called.opsets });
  const call = new Call(proto, called, id, scope, origin);
  return (called.proto.node ?? []).flatMap((node, index) => {
    const renamed = call.node(node);
    const own = unique(`${id}/${called.ids[index]!}`, taken);
    call.count(textItems(own));
    return expanded(renamed, own, taken, within, scope);
  });
}

/** One call of a function: gives the function's nodes the call's names and attributes. */
class Call {
  private readonly names = new Map<string, string>([["", ""]]);
  private readonly attributes = new Map<string, AttributeProto>();

  constructor(
    call: NodeProto,
    { proto, defaults }: LocalFunction,
    private readonly id: string,
    private readonly scope: FileScope,
    private readonly origin: Origin,
  ) {
    const [input, output] = [proto.input ?? [], proto.output ?? []];
    const [given, wanted] = [call.input ?? [], call.output ?? []];
    this.count(1 + input.length + output.length + defaults.length);
    if (given.length > input.length || wanted.length > output.length) {
      throw invalidModel(
        "The call names more inputs or outputs than the function has",
        describeNode({ origin }),
      );
    }
    input.forEach((name, i) => this.names.set(name, given[i] ?? ""));
    output.forEach((name, i) => {
      const actual = wanted[i] ?? "";
      if (actual !== "") this.names.set(name, actual);
    });
    for (const each of [...defaults, ...(call.attribute ?? [])]) this.attributes.set(each.name ?? "", each);
  }

  /** Adds to what replacing calls has made. @throws ImportError `limit`. */
  count(items: number): void {
    const { scope, origin } = this;
    scope.inlined += items;
    if (scope.inlined <= scope.limits.inlined) return;
    const what = "Replacing calls of functions by their nodes makes too much";
    throw tooMuch(what, "inlined", scope.limits, describeNode({ origin }));
  }

  node(node: NodeProto): NodeProto {
    const attribute = (node.attribute ?? []).flatMap((each) => this.attribute(each) ?? []);
    const renamed: NodeProto = {
      name: node.name ?? "",
      opType: node.opType ?? "",
      domain: node.domain ?? "",
      input: (node.input ?? []).map((name) => this.rename(name)),
      output: (node.output ?? []).map((name) => this.rename(name)),
      attribute,
    };
    this.count(1 + renamed.input!.length + renamed.output!.length);
    return renamed;
  }

  private rename(name: string): string {
    let actual = this.names.get(name);
    if (actual === undefined) {
      this.names.set(name, (actual = unique(`${this.id}/${name}`, this.scope.taken)));
      this.count(textItems(actual));
    }
    return actual;
  }

  /** Null for one that refers to what the call leaves out: then the node leaves it out too. */
  private attribute(each: AttributeProto): AttributeProto | null {
    const referred = each.refAttrName;
    const actual = referred ? this.attributes.get(referred) : each;
    this.count(1 + (actual ? listItems(actual) : 0));
    if (!actual) return null;
    if (referred) return { ...bare(actual), name: each.name ?? "" };
    if (!has(actual, "g") && !has(actual, "graphs")) return actual;
    return {
      ...bare(actual),
      ...(actual.g && { g: this.graph(actual.g) }),
      ...(has(actual, "graphs") && { graphs: actual.graphs!.map((graph) => this.graph(graph)) }),
    };
  }

  private graph(graph: GraphProto): GraphProto {
    const named = <T extends { name?: string | null }>(list: readonly T[] | null | undefined): T[] => {
      this.count(list?.length ?? 0);
      return (list ?? []).map((each) => ({ ...bare(each), name: this.rename(each.name ?? "") }));
    };
    return {
      ...bare(graph),
      node: (graph.node ?? []).map((node) => this.node(node)),
      input: named(graph.input),
      output: named(graph.output),
      valueInfo: named(graph.valueInfo),
      initializer: named(graph.initializer),
    };
  }
}

/** What a text counts: one, and one more for every 64 characters. */
function textItems(text: { readonly length: number }): number {
  return 1 + text.length / 64;
}

/** What reading an attribute makes of its lists and texts. */
function listItems({ s, ints, floats, strings }: AttributeProto): number {
  const texts = [...(s ? [s] : []), ...(strings ?? [])];
  const numbers = (ints?.length ?? 0) + (floats?.length ?? 0);
  return texts.reduce((sum, text) => sum + textItems(text), numbers);
}

/** The fields that the file has: protobufjs keeps defaults on the prototype, which a copy leaves behind. */
function bare<T extends object>(message: T): T {
  return { ...message };
}

function versionOf(domain: string, opsets: Opsets): number {
  return opsets.get(plain(domain)) ?? opsets.get("") ?? 0;
}

export function plain(domain: string | null | undefined): string {
  return !domain || domain === "ai.onnx" ? "" : domain;
}
