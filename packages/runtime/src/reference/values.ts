// Value sums: carried out in the accumulators that a plan decides, or watched while the exact run carries them out.
import type { Accumulator, Decision, Node, Tensor } from "@mpplan/ir";
import type { KernelResult, ValueMeasurement } from "../backend.js";
import { createSumEngine, type SumEngine } from "./accumulate.js";
import type { Adder, SummingKernel } from "./kernel.js";

/** Runs a summing kernel as a plan decides; `seed` starts the random sequences of stochastic rounding. */
export type DecidedRun = (
  inputs: readonly (Tensor | null)[],
  seed: number,
) => { readonly outputs: Tensor[]; readonly executed: NonNullable<KernelResult["executed"]> };

/**
 * Prepares the value sums of a node in its decision's accumulators. A term is rounded to binary32, as a stored value is,
 * and enters the sum as its product with one, by the accumulator's order, product rule and overflow rule.
 */
export function decidedSums(
  kernel: SummingKernel,
  node: Node,
  decision: Decision,
  accumulators: readonly Accumulator[],
): DecidedRun {
  const uses = new Array<number>(decision.neurons);
  for (const { start, end, choice } of decision.ranges) {
    if (choice.mode !== "static") throw new Error("internal: a dynamic choice of a value sum got this far");
    uses.fill(choice.use, start, end);
  }
  let ones = new Float64Array(0);
  let rounded = new Float64Array(0);
  return (inputs, seed) => {
    const engines = new Map(
      [...new Set(uses)].map((use): [number, SumEngine] => [use, createSumEngine(accumulators[use]!, seed)]),
    );
    const perNeuron = uses.map((use) => engines.get(use)!);
    const components = accumulators.map(() => 0);
    let total = 0;
    const add: Adder = (terms, count, neuron = 0) => {
      if (count > ones.length) {
        ones = new Float64Array(count).fill(1);
        rounded = new Float64Array(count);
      }
      for (let i = 0; i < count; i++) rounded[i] = Math.fround(terms[i]!);
      const engine = perNeuron[neuron]!;
      engine.seed(total++);
      components[uses[neuron]!]!++;
      return engine.sum(ones, 0, rounded, 0, count);
    };
    const outputs = kernel.run(inputs, node, add);
    return { outputs, executed: { components, recomputed: 0, magnitudes: 0, total } };
  };
}

/** Follows the value sums of a node on their exact inputs. */
export function watchSums(
  kernel: SummingKernel,
  node: Node,
  inputs: readonly (Tensor | null)[],
): ValueMeasurement {
  const neurons: number[] = [];
  const [sums, magnitudes, peaks]: [number[], number[], number[]] = [[], [], []];
  kernel.run(inputs, node, (terms, count, neuron = 0) => {
    let [sum, magnitude, peak] = [0, 0, 0];
    for (let i = 0; i < count; i++) {
      const term = terms[i]!;
      sum += term;
      magnitude += Math.abs(term);
      // Written so that NaN stays.
      if (!(Math.abs(sum) <= peak)) peak = Math.abs(sum);
    }
    neurons.push(neuron);
    sums.push(sum);
    magnitudes.push(magnitude);
    peaks.push(peak);
    return sum;
  });
  return {
    neurons: Int32Array.from(neurons),
    sum: Float64Array.from(sums),
    magnitude: Float64Array.from(magnitudes),
    peak: Float64Array.from(peaks),
  };
}
