// Local functions: a call is replaced by the function's nodes under names of their own, so that the importer proper
// never meets one. Calls inside functions are replaced too, references to the call's attributes filled in.
import { describeNode, quote, type Origin } from "@mpplan/ir";
import { ImportError, invalidModel } from "./errors.js";
import type { ImportLimits } from "./limits.js";
import { nodeIds, unique } from "./node-ids.js";
import {
  has,
  toBigInt,
  type AttributeProto,
  type FunctionProto,
  type GraphProto,
  type NodeProto,
} from "./proto.js";

/** The versions of the domains that nodes are of; ONNX's own domain is "". */
export type Opsets = ReadonlyMap<string, number>;

/** A function of the model, and the values that its attributes have when a call leaves them out. */
export interface LocalFunction {
  readonly proto: FunctionProto;
  readonly defaults: readonly AttributeProto[];
}

/** What a list of nodes may refer to. */
export interface FileScope {
  readonly opsets: Opsets;
  /** By domain and name, see `operatorKey`. */
  readonly functions: ReadonlyMap<string, LocalFunction>;
  /** Names of values that are in use anywhere in the file. */
  readonly taken: Set<string>;
  readonly limits: ImportLimits;
  /** Nodes so far, calls replaced. */
  count: number;
}

/** A node of the file, or of a function that it calls. */
export interface FileNode {
  readonly proto: NodeProto;
  readonly origin: Origin;
  readonly opsets: Opsets;
}

/** How the catalogue calls an operator: ONNX's own by name, others by domain and name. */
export function operatorKey(domain: string, opType: string): string {
  return domain === "" || domain === "ai.onnx" ? opType : `${domain}.${opType}`;
}

/**
 * The nodes of a graph in order, calls of functions replaced.
 * @throws ImportError `invalid-model` for functions that call themselves, `limit` for too many nodes.
 */
export function fileNodes(nodes: readonly NodeProto[], scope: FileScope, opsets = scope.opsets): FileNode[] {
  const ids = nodeIds(nodes.map((node) => ({ name: node.name ?? "", opType: node.opType ?? "" })));
  return nodes.flatMap((proto, index) => expanded(proto, ids[index]!, opsets, scope, []));
}

function expanded(
  proto: NodeProto,
  id: string,
  opsets: Opsets,
  scope: FileScope,
  callers: readonly string[],
): FileNode[] {
  const [domain, opType] = [proto.domain ?? "", proto.opType ?? ""];
  const origin: Origin = { name: id, opType, domain, opset: versionOf(domain, opsets) };
  const key = operatorKey(domain, opType);
  const called = scope.functions.get(key);
  if (!called) {
    scope.count++;
    if (scope.count > scope.limits.nodes) {
      throw new ImportError("limit", {
        what: `With its functions inlined, the model has more than ${scope.limits.nodes} nodes`,
        where: describeNode({ origin }),
        next: "if the file is to be trusted, raise the import's limits.nodes",
      });
    }
    return [{ proto, origin, opsets }];
  }
  if (callers.includes(key))
    throw invalidModel(`The function ${quote(key)} calls itself`, describeNode({ origin }));
  const rename = renaming(proto, called.proto, id, scope, origin);
  const body = called.proto.node ?? [];
  const ids = nodeIds(body.map((node) => ({ name: node.name ?? "", opType: node.opType ?? "" })));
  const own = new Map(
    (called.proto.opsetImport ?? []).map((each) => [plain(each.domain), Number(toBigInt(each.version))]),
  );
  return body.flatMap((node, index) =>
    expanded(
      renamedNode(node, rename, proto.attribute ?? [], called.defaults),
      `${id}/${ids[index]!}`,
      own,
      scope,
      [...callers, key],
    ),
  );
}

/** The names of a function's values as this call has them. */
function renaming(
  call: NodeProto,
  { input = [], output = [] }: FunctionProto,
  id: string,
  scope: FileScope,
  origin: Origin,
): (name: string) => string {
  const given = call.input ?? [];
  const wanted = call.output ?? [];
  if (given.length > (input ?? []).length || wanted.length > (output ?? []).length) {
    throw invalidModel(
      "The call names more inputs or outputs than the function has",
      describeNode({ origin }),
    );
  }
  const names = new Map<string, string>([["", ""]]);
  (input ?? []).forEach((name, i) => names.set(name, given[i] ?? ""));
  (output ?? []).forEach((name, i) => {
    const actual = wanted[i] ?? "";
    if (actual !== "") names.set(name, actual);
  });
  return (name) => {
    let actual = names.get(name);
    if (actual === undefined) names.set(name, (actual = unique(`${id}/${name}`, scope.taken)));
    return actual;
  };
}

function renamedNode(
  node: NodeProto,
  rename: (name: string) => string,
  given: readonly AttributeProto[],
  defaults: readonly AttributeProto[],
): NodeProto {
  const attribute = (node.attribute ?? []).flatMap((each): AttributeProto[] => {
    const referred = each.refAttrName;
    if (referred) {
      const actual = [...given, ...defaults].find(({ name }) => name === referred);
      // The caller leaves it out: so does the node.
      return actual ? [{ ...bare(actual), name: each.name ?? "" }] : [];
    }
    if (!has(each, "g") && !has(each, "graphs")) return [each];
    const inner = (graph: GraphProto): GraphProto => renamedGraph(graph, rename, given, defaults);
    return [
      {
        ...bare(each),
        ...(each.g && { g: inner(each.g) }),
        ...(has(each, "graphs") && { graphs: each.graphs!.map(inner) }),
      },
    ];
  });
  return {
    name: node.name ?? "",
    opType: node.opType ?? "",
    domain: node.domain ?? "",
    input: (node.input ?? []).map(rename),
    output: (node.output ?? []).map(rename),
    attribute,
  };
}

function renamedGraph(
  graph: GraphProto,
  rename: (name: string) => string,
  given: readonly AttributeProto[],
  defaults: readonly AttributeProto[],
): GraphProto {
  const named = <T extends { name?: string | null }>(list: readonly T[] | null | undefined): T[] =>
    (list ?? []).map((each) => ({ ...bare(each), name: rename(each.name ?? "") }));
  return {
    ...bare(graph),
    node: (graph.node ?? []).map((node) => renamedNode(node, rename, given, defaults)),
    input: named(graph.input),
    output: named(graph.output),
    valueInfo: named(graph.valueInfo),
    initializer: named(graph.initializer),
  };
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
