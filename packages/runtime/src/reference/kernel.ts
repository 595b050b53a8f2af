// What a reference kernel is: a plain function from tensors to tensors, written like the formula.
import type { Body, Node, RuntimeValue, Tensor } from "@mpplan/ir";

/**
 * Computes a node that carries out no planned sum. Float tensors come in as Float64Array whatever their
 * element type, and go out so; the executor rounds what has to be rounded when it stores a value.
 */
export type ReferenceKernel = (inputs: readonly (Tensor | null)[], node: Node) => Tensor[];

/**
 * Adds up the first `count` terms, in their order. `neuron` is the one of the node's value sums that this is: 0, or 1
 * for a second statistic. Every call is one component, counted from 0 in the order of the calls.
 */
export type Adder = (terms: Float64Array, count: number, neuron?: number) => number;

/** What a plan does not speak of: plain binary64, term after term. */
export const addExactly: Adder = (terms, count) => {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += terms[i]!;
  return sum;
};

/** Computes a node that states value sums (`valueSums` of its operator): what it adds up, it adds up by `add`. */
export interface SummingKernel {
  readonly kind: "summing";
  run(inputs: readonly (Tensor | null)[], node: Node, add: Adder): Tensor[];
}

/** Marks a kernel as one that adds by what it is given. */
export function summing(run: SummingKernel["run"]): SummingKernel {
  return { kind: "summing", run };
}

/** Computes a node that reads or yields sequences, optionals or maps, or that runs graphs of its own. */
export interface ValueKernel {
  readonly kind: "values";
  run(
    inputs: readonly (RuntimeValue | null)[],
    node: Node,
    context: ValueContext,
  ): RuntimeValue[] | Promise<RuntimeValue[]>;
}

export interface ValueContext {
  /** Runs a body of the node on these inputs; what it reads of the graph around it is added. */
  run(body: Body, inputs: readonly RuntimeValue[]): Promise<RuntimeValue[]>;
  /** Counts one more round of a loop. @throws RuntimeError `too-many-rounds` beyond the limit of the executor. */
  round(node: Node): void;
}

export type AnyKernel = ReferenceKernel | SummingKernel | ValueKernel;

/** Marks a kernel as one over values of any kind. */
export function overValues(run: ValueKernel["run"]): ValueKernel {
  return { kind: "values", run };
}

/** The input at `index`, which the importer has made sure is there. */
export function need<T>(inputs: readonly (T | null)[], index: number, node: Node): T {
  const t = inputs[index];
  if (!t) throw new Error(`internal: ${node.op} runs without its input ${index}`);
  return t;
}
