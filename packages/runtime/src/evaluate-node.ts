// Runs one node on constants: what constant folding needs.
import { inStorage, type Node, type Tensor } from "@mpplan/ir";
import type { Kernel, KernelResult } from "./backend.js";
import { namingNode } from "./errors.js";
import { createReferenceBackend } from "./reference/backend.js";

const backend = createReferenceBackend();

/** The outputs of a node without sums, as the exact reference computes them, in its own element types. */
export function evaluateNode(node: Node, inputs: readonly (Tensor | null)[]): Tensor[] {
  const kernel = backend.kernelFor({
    node,
    site: null,
    decision: null,
    accumulators: [],
    firstComponent: 0,
    storage: "binary32",
    seed: 0,
  });
  if (kernel.kind !== "kernel") throw new Error(`internal: the reference cannot run ${node.op}`);
  const result = run(kernel, node, inputs);
  if (result instanceof Promise) throw new Error("internal: the reference backend is synchronous");
  return (result.outputs as Tensor[]).map(inStorage);
}

function run(
  kernel: Kernel,
  node: Node,
  inputs: readonly (Tensor | null)[],
): KernelResult | Promise<KernelResult> {
  try {
    return kernel.run(
      inputs.map((t) => (t ? backend.upload(t) : null)),
      { salt: 0, memo: null },
    );
  } catch (error) {
    throw namingNode(error, node);
  }
}
