// The work that is measured: matrix products and a convolution, through the same contract as the executor uses.
import { seededRandom } from "@mpplan/formats";
import {
  tensor,
  type Accumulator,
  type Choice,
  type Decision,
  type Node,
  type SumSite,
  type Tensor,
} from "@mpplan/ir";
import { identity } from "@mpplan/ir";
import type { KernelBackend, KernelContext } from "@mpplan/runtime";
import type { Contender } from "./harness.js";

export interface Workload {
  readonly name: string;
  readonly node: Node;
  readonly site: SumSite;
  readonly input: Tensor;
  readonly weights: Tensor;
}

/** How sums are carried out, and whether a run ends when its result is on the host. */
export interface Manner {
  readonly semantics?: "exact" | "floor";
  readonly awaited?: boolean;
}

const context: KernelContext = { salt: 0, memo: null };

/** [m, k] times [k, n]; values as a network has them: small weights, half of the activations zero. */
export function matMul(m: number, k: number, n: number, gain = 1): Workload {
  return workload(`${m}x${k}x${n}`, "MatMul", [m, k], [k, n], n, m * n, k, {}, gain);
}

/** A 3x3 convolution, stride 1, padding 1. */
export function conv3x3(channels: number, size: number): Workload {
  const attrs = {
    auto_pad: "NOTSET",
    dilations: [1, 1],
    group: 1,
    pads: [1, 1, 1, 1],
    strides: [1, 1],
    kernel_shape: [3, 3],
  };
  return workload(
    `conv 3x3, ${channels} channels, ${size}x${size}`,
    "Conv",
    [1, channels, size, size],
    [channels, channels, 3, 3],
    channels,
    channels * size * size,
    channels * 9,
    attrs,
  );
}

/** The workload with all neurons under one choice, or under several: `[choice, neurons]` runs. */
export function contender(
  backend: KernelBackend,
  name: string,
  w: Workload,
  accumulators: readonly Accumulator[],
  choices: readonly (readonly [Choice, number])[],
  { semantics = "exact", awaited = false }: Manner = {},
): Contender {
  const ranges: Decision["ranges"] = [];
  for (const [choice, neurons] of choices) {
    const start = ranges.at(-1)?.end ?? 0;
    if (neurons > 0) ranges.push({ start, end: start + neurons, choice });
  }
  const decision: Decision = {
    site: w.site.id,
    op: w.node.op,
    neurons: w.site.neurons,
    length: w.site.length,
    macs: w.site.macs,
    ranges,
    because: "measured",
  };
  const kernel = backend.kernelFor({
    node: w.node,
    site: w.site,
    decision,
    accumulators,
    firstComponent: 0,
    storage: "binary32",
    seed: 1,
    semantics,
  });
  if (kernel.kind === "unsupported") throw new Error(`${backend.name} cannot do ${name}: ${kernel.reason}`);
  const handles = [backend.upload(w.input), backend.upload(w.weights)];
  return {
    name,
    macs: w.site.macs,
    run: async () => {
      const { outputs } = await kernel.run(handles, context);
      if (!awaited) return;
      for (const output of outputs) {
        await backend.download(output);
        backend.free(output);
      }
    },
  };
}

export function uniform(
  backend: KernelBackend,
  name: string,
  w: Workload,
  accumulator: Accumulator,
  manner?: Manner,
): Contender {
  return contender(backend, name, w, [accumulator], [[{ mode: "static", use: 0 }, w.site.neurons]], manner);
}

function workload(
  name: string,
  op: "MatMul" | "Conv",
  inputDims: number[],
  weightDims: number[],
  neurons: number,
  components: number,
  length: number,
  attrs: Node["attrs"],
  gain = 1,
): Workload {
  const random = seededRandom(7);
  const uniformly = (): number => random() / 2 ** 24;
  const size = (dims: number[]): number => dims.reduce((a, b) => a * b, 1);
  const input = Float32Array.from({ length: size(inputDims) }, () => Math.max(0, uniformly() - 0.5));
  const weights = Float32Array.from({ length: size(weightDims) }, () => ((uniformly() - 0.5) / 4) * gain);
  const origin = { name: op, opType: op, domain: "", opset: 21 };
  return {
    name,
    node: { id: name, op, inputs: ["x", "w"], outputs: ["y"], attrs, origin },
    site: {
      id: name,
      node: name,
      neurons,
      components,
      length,
      macs: components * length,
      term: "product",
      sameSign: false,
      activation: identity,
      softmax: null,
      last: true,
    },
    input: tensor("float32", inputDims, input),
    weights: tensor("float32", weightDims, weights),
  };
}
