// The operators of a model, whether or not they have an importer.
import { fileNodes, operatorKey } from "./functions.js";
import { functionDefaults } from "./function-defaults.js";
import { defaultLimits } from "./limits.js";
import { checkModel, scopeOf } from "./model-facts.js";
import { originsIn } from "./origins.js";
import { decodeModel } from "./proto.js";
import { validate } from "./validate.js";

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
