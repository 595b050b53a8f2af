// The operators of a model, whether or not they have an importer.
import { fileNodes, inside, operatorKey, type FileNode, type FileScope } from "./functions.js";
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

/**
 * Where the nodes come from, those inside bodies included.
 * @throws ImportError `limit` where the bodies come to too much, `invalid-model` where they call what they are part of.
 */
export function originsIn(nodes: readonly FileNode[], scope: FileScope): Origin[] {
  // Bodies are counted and named when they are read: this is a look ahead, with counts of its own.
  return look(nodes, { ...scope, taken: new Set() });
}

function look(nodes: readonly FileNode[], ahead: FileScope): Origin[] {
  return nodes.flatMap(({ proto, origin, around }) => {
    const bodies = (proto.attribute ?? []).flatMap(({ g }) => (g ? [g] : []));
    const within = bodies.length > 0 ? inside(around, origin, ahead.limits) : around;
    return [origin, ...bodies.flatMap(({ node }) => look(fileNodes(node ?? [], ahead, within), ahead))];
  });
}
