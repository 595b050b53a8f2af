// What is checked of a model as a whole before its nodes are read: versions, features, operators.
import { quote, ops, type Origin } from "@mpplan/ir";
import { ImportError } from "./errors.js";
import { idsOf, operatorKey, plain, type FileScope, type LocalFunction, type Opsets } from "./functions.js";
import type { ImportLimits } from "./limits.js";
import { has, toBigInt, type AttributeProto, type GraphProto, type ModelProto } from "./proto.js";
import { upgrades } from "./upgrades/index.js";
import { knownVersions } from "./versions.js";

/** Everything that nodes of the model may refer to. @throws ImportError for functions that cannot be told apart. */
export function scopeOf(
  model: ModelProto,
  opsets: Opsets,
  defaults: readonly (readonly AttributeProto[])[],
  limits: ImportLimits,
): FileScope {
  const functions = new Map<string, LocalFunction>();
  (model.functions ?? []).forEach((proto, index) => {
    const key = operatorKey(proto.domain ?? "", proto.name ?? "");
    if (functions.has(key)) {
      throw new ImportError("unsupported-feature", {
        what: `The model has two functions ${quote(key)}, which only an overload tells apart`,
        where: "the functions of the model",
        next: "inline them first, with onnx.inliner",
      });
    }
    functions.set(key, {
      proto,
      defaults: defaults[index] ?? [],
      opsets: versionsIn(proto.opsetImport),
      ids: idsOf(proto.node ?? []),
    });
  });
  return { opsets, functions, limits, taken: new Set(namesIn(model.graph ?? {})), nodes: 0, inlined: 0 };
}

function namesIn(graph: GraphProto): string[] {
  const named = [...(graph.input ?? []), ...(graph.initializer ?? [])].map((each) => each.name ?? "");
  const nodes = graph.node ?? [];
  const bodies = nodes.flatMap((node) =>
    (node.attribute ?? []).flatMap((each) => (each.g ? namesIn(each.g) : [])),
  );
  return [...named, ...nodes.flatMap((node) => [...(node.input ?? []), ...(node.output ?? [])]), ...bodies];
}

/** The versions of the operator sets that the model imports, by domain. */
function opsetsOf(model: ModelProto, graph: GraphProto): Opsets {
  const others = [...versionsIn(model.opsetImport)];
  // A model without any operator of ONNX's own domain need not import it.
  const needed = (graph.node ?? []).some((node) => plain(node.domain) === "");
  if (!needed && others.length > 0 && !others.some(([domain]) => domain === "")) return new Map(others);
  return new Map([...others, ["", defaultOpset(model)]]);
}

function versionsIn(imports: ModelProto["opsetImport"]): Opsets {
  return new Map((imports ?? []).map((each) => [plain(each.domain), Number(toBigInt(each.version))]));
}

/** The graph of a model whose versions and features are known. @throws ImportError. */
export function checkModel(model: ModelProto): { graph: GraphProto; opsets: Opsets } {
  const graph = model.graph;
  if (!graph) {
    throw new ImportError("not-onnx", {
      what: "The file has no graph, so it is no ONNX model",
      where: "the whole file",
      next: "check that this is the .onnx file, and fetch or export it again",
    });
  }
  const ir = toBigInt(model.irVersion);
  if (ir > knownVersions.newestIr || ir < 0n) {
    throw unsupportedVersion(
      `The file is of IR version ${ir}; the newest known is ${knownVersions.newestIr}`,
    );
  }
  const feature = unsupportedFeature(model, graph);
  if (feature) {
    throw new ImportError("unsupported-feature", {
      what: `The model has ${feature.what}, which mpplan does not read`,
      where: feature.where,
      next: feature.next,
    });
  }
  return { graph, opsets: opsetsOf(model, graph) };
}

/** Refuses operators that have no importer, all of them at once. @throws ImportError `unsupported-op`. */
export function checkOperators(origins: readonly Origin[]): void {
  const missing = origins.filter((origin) => !isKnown(origin));
  const first = missing[0];
  if (!first) return;
  const counts = new Map<string, number>();
  for (const origin of missing) counts.set(printOp(origin), (counts.get(printOp(origin)) ?? 0) + 1);
  const list = [...counts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([op, n]) => (n > 1 ? `${op} (${n} nodes)` : op));
  const more = missing.length > 1 ? `, and ${missing.length - 1} more` : "";
  throw new ImportError("unsupported-op", {
    what: `${list.length === 1 ? "This operator has" : "These operators have"} no importer: ${list.join(", ")}`,
    where: `node ${quote(first.name)} (${printOp(first)}, opset ${first.opset})${more}`,
    next: "remove the nodes or replace them by supported ones before import, or follow docs/recipes/add-an-op.md",
  });
}

function isKnown({ opType, domain }: Origin): boolean {
  const key = operatorKey(domain, opType);
  // RoundTo is the IR's own: a file cannot mean it.
  return (Object.hasOwn(ops, key) && key !== "RoundTo") || Object.hasOwn(upgrades, key) || key === "Constant";
}

function printOp({ opType, domain }: Origin): string {
  const name = /^[\w.]{1,60}$/.test(opType) ? opType : quote(opType);
  return domain === "" || domain === "ai.onnx" ? name : `${domain}.${name}`;
}

function unsupportedFeature(
  model: ModelProto,
  graph: GraphProto,
): { what: string; where: string; next: string } | null {
  if (has(model, "trainingInfo")) {
    return { what: "training information", where: "the model", next: "export the model for inference" };
  }
  if (has(graph, "sparseInitializer")) {
    return { what: "sparse initializers", where: "the graph", next: "store the tensors densely" };
  }
  return null;
}

function defaultOpset(model: ModelProto): number {
  const versions = (model.opsetImport ?? [])
    .filter(({ domain }) => !domain || domain === "ai.onnx")
    .map(({ version }) => toBigInt(version));
  const [first] = versions;
  if (first === undefined) {
    throw new ImportError("invalid-model", {
      what: "The model does not say which opset of ONNX its operators are of",
      where: "its opset_import",
      next: "export the model again, with an exporter for IR version 3 or newer",
    });
  }
  if (versions.some((version) => version !== first)) {
    throw new ImportError("invalid-model", {
      what: `The model imports ONNX's own opset more than once, as ${versions.join(" and ")}`,
      where: "its opset_import",
      next: "correct the model, or export it again",
    });
  }
  const { oldestOpset, newestOpset } = knownVersions;
  if (first < oldestOpset || first > newestOpset) {
    throw unsupportedVersion(`The model is of opset ${first}; known are ${oldestOpset} to ${newestOpset}`);
  }
  return Number(first);
}

function unsupportedVersion(what: string): ImportError {
  return new ImportError("unsupported-version", {
    what,
    where: "the model",
    next: "convert it with onnx.version_converter, or export it for opset 17",
  });
}
