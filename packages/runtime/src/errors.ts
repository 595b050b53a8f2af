// The errors of this package.
import { MpplanError } from "@mpplan/formats";
import { describeNode, type Node } from "@mpplan/ir";

export type RuntimeErrorCode =
  | "wrong-model"
  | "wrong-operands"
  | "wrong-plan"
  | "missing-feed"
  | "unknown-feed"
  | "wrong-feed"
  | "not-a-tensor"
  | "too-many-rounds" // the loops of one run go on beyond maxRounds
  | "unsupported-decision"
  | "out-of-memory" // a tensor of a run that the machine has no room for
  | "released";

export class RuntimeError extends MpplanError<RuntimeErrorCode> {
  override readonly name = "RuntimeError";
}

/** The error itself, or where memory ran out, one that tells of which node. */
export function namingNode(error: unknown, node: Node): unknown {
  // The words of V8, SpiderMonkey and JavaScriptCore for arrays that cannot be made.
  const full = /allocation|array (buffer )?(length|size)|memory/i;
  if (!(error instanceof RangeError) || !full.test(error.message)) return error;
  return new RuntimeError("out-of-memory", {
    what: `There is no memory for what ${node.op} computes: ${error.message}`,
    where: describeNode(node),
    next: "feed fewer samples at a time, or check the sizes in the model",
  });
}
