// The passes that every model goes through before planning, in order.
import type { Graph } from "../graph.js";
import { verify } from "../verify.js";
import { foldBatchNorm } from "./fold-batch-norm.js";
import { foldConstants, type Evaluate } from "./fold-constants.js";
import { fuseBias } from "./fuse-bias.js";
import { inlineIf } from "./inline-if.js";
import { lowerings } from "./lowerings.js";
import { dropUnused, inferTypes } from "./pass.js";

/** Folds what is constant, then biases and normalisations into their sums. Verified before and after. */
export function standardPasses(graph: Graph, evaluate: Evaluate): Graph {
  let current = verify(graph);
  const passes = [(g: Graph) => foldConstants(g, evaluate), inlineIf, ...lowerings, fuseBias, foldBatchNorm];
  // A normalisation may follow a fused bias, and a fused bias a folded normalisation.
  for (let changed = true; changed;) {
    changed = false;
    for (const pass of passes) {
      const result = pass(current);
      if (!result.changed) continue;
      changed = true;
      current = inferTypes(result.graph);
    }
  }
  return verify(dropUnused(current));
}
