// The operators of a model, whether or not they have an importer.
import { fileNodes, operatorKey, type FileNode, type FileScope } from "./functions.js";
import { functionDefaults } from "./function-defaults.js";
import { defaultLimits } from "./limits.js";
import { checkModel, scopeOf } from "./model-facts.js";
import { decodeModel } from "./proto.js";
import { validate } from "./validate.js";
import type { Origin } from "@mpplan/ir";

/**
 * The operators of a model file, sorted, each once; those inside bodies and functions too. An operator of another
 * domain than ONNX's own is told with it: `ai.onnx.ml.Scaler`.
 * @throws ImportError for what is no model.
 */
export function modelOperators(bytes: Uint8Array): string[] {
  validate(bytes, defaultLimits);
  const model = decodeModel(bytes);
  const { graph, opsets } = checkModel(model);
  const scope = scopeOf(model, opsets, functionDefaults(bytes), defaultLimits);
  const origins = originsIn(fileNodes(graph.node ?? [], scope), scope);
  return [...new Set(origins.map((origin) => operatorKey(origin.domain, origin.opType)))].sort();
}

/** Where the nodes come from, those inside bodies included. */
export function originsIn(nodes: readonly FileNode[], scope: FileScope): Origin[] {
  // Counted when they are read; this is a look ahead.
  const ahead: FileScope = { ...scope, taken: new Set() };
  const inside = ({ proto, opsets }: FileNode): Origin[] =>
    (proto.attribute ?? []).flatMap(({ g }) =>
      g ? originsIn(fileNodes(g.node ?? [], ahead, opsets), ahead) : [],
    );
  return nodes.flatMap((node) => [node.origin, ...inside(node)]);
}
