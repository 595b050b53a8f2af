// A rule by decomposition: the operator is carried out once more in steps that have rules, which then run backwards.
import type { Attrs, OpName, Tensor } from "@mpplan/ir";
import type { GradientRule, Pullback } from "./rule.js";
import { runKernel } from "./run-kernel.js";

/** The rules of the steps, by operator. */
export type StepRules = Readonly<Partial<Record<OpName, GradientRule>>>;

/** A value on the tape: in binary64, as all of them. */
export interface Taped {
  readonly value: Tensor;
  /** Whether its cotangent is asked for. */
  readonly wanted: boolean;
}

interface Step {
  readonly pull: Pullback;
  readonly inputs: readonly (Taped | null)[];
  readonly outputs: readonly Taped[];
}

export class Tape {
  private readonly steps: Step[] = [];

  constructor(private readonly rules: StepRules) {}

  /** An input of the operator, or a constant: integers and booleans stay what they are. */
  leaf(value: Tensor, wanted = false): Taped {
    const wide: Tensor = value.data instanceof Float64Array ? { ...value, elem: "float64" } : value;
    return { value: wide, wanted };
  }

  /** A constant of those dims. */
  constant(dims: readonly number[], data: ArrayLike<number>): Taped {
    return this.leaf({ elem: "float64", dims, data: Float64Array.from(data) });
  }

  ints(...list: readonly number[]): Taped {
    return this.leaf({ elem: "int64", dims: [list.length], data: BigInt64Array.from(list, BigInt) });
  }

  /** The outputs of an operator on these values; of several, as many as said. */
  split(op: OpName, inputs: readonly (Taped | null)[], attrs: Attrs, count: number): Taped[] {
    const values = inputs.map((t) => t && t.value);
    const { node, outputs: results } = runKernel(op, values, attrs, count);
    const wanted = inputs.map((t) => t?.wanted ?? false);
    const outputs = results.slice(0, count).map((value): Taped => ({ value, wanted: wanted.includes(true) }));
    if (!wanted.includes(true)) return outputs;
    const context = { node, inputs: values, outputs: outputs.map(({ value }) => value), wanted, count: 1 };
    const pull = this.rules[op]?.(context);
    if (!pull) throw new Error(`internal: a tape has no rule for ${op}`);
    this.steps.push({ pull, inputs, outputs });
    return outputs;
  }

  /** The same of an operator with one output, or of which no other is read. */
  apply(op: OpName, inputs: readonly (Taped | null)[], attrs: Attrs = {}): Taped {
    return this.split(op, inputs, attrs, 1)[0]!;
  }

  /** From the cotangents of these results to those of these leaves; null where nothing came or none was asked for. */
  pullback(results: readonly (Taped | null)[], leaves: readonly (Taped | null)[]): Pullback {
    return (g, room) => {
      const sums = new Map<Taped, Float64Array>();
      const add = (t: Taped, part: Float64Array): void => {
        const sum = sums.get(t);
        // Parts may be shared, so that sums are new arrays.
        sums.set(t, sum ? sum.map((x, i) => x + part[i]!) : part);
      };
      results.forEach((t, i) => t?.wanted && g[i] && add(t, g[i]));
      for (const { pull, inputs, outputs } of [...this.steps].reverse()) {
        if (!outputs.some((t) => sums.has(t))) continue;
        const own = outputs.map((t) => sums.get(t) ?? new Float64Array(t.value.data.length));
        const parts = pull(own, (length) => new Float64Array(length));
        inputs.forEach((t, i) => t?.wanted && parts[i] && add(t, parts[i]));
      }
      return leaves.map((t) => {
        const sum = t?.wanted ? sums.get(t) : undefined;
        if (!t || !sum) return null;
        const result = room(sum.length);
        result.set(sum);
        return result;
      });
    };
  }
}
