// RNN, GRU and LSTM backwards through time: the steps of the network, one after another, on a tape.
import {
  intAttr,
  recurrentFunctions,
  stringAttr,
  toNumbers,
  type Node,
  type RecurrentFunction,
} from "@mpplan/ir";
import { add, mul, sub } from "./arithmetic.js";
import { clip } from "./clip.js";
import { concat } from "./concat.js";
import { matMul } from "./mat-mul.js";
import { gather, reverseSequence, split, transpose } from "./moves.js";
import { unsqueeze } from "./reshape.js";
import type { GradientRule } from "./rule.js";
import { Tape, type Taped } from "./tape.js";
import {
  elu,
  hardSigmoid,
  leakyRelu,
  relu,
  sigmoid,
  softplus,
  softsign,
  tanh,
  thresholdedRelu,
} from "./unary.js";
import { where } from "./variadic.js";

const rules = {
  Add: add,
  Clip: clip,
  Concat: concat,
  Elu: elu,
  Gather: gather,
  HardSigmoid: hardSigmoid,
  LeakyRelu: leakyRelu,
  MatMul: matMul,
  Mul: mul,
  Relu: relu,
  ReverseSequence: reverseSequence,
  Sigmoid: sigmoid,
  Softplus: softplus,
  Softsign: softsign,
  Split: split,
  Sub: sub,
  Tanh: tanh,
  ThresholdedRelu: thresholdedRelu,
  Transpose: transpose,
  Unsqueeze: unsqueeze,
  Where: where,
};

/** One direction. All rows are [batch, hidden]. */
interface Direction {
  readonly tape: Steps;
  /** Per gate, the rows of the weights that take h, and their bias. */
  recurrent(gate: number, h: Taped): Taped;
  /** Per gate, 0 where not given. */
  readonly peepholes: readonly Taped[] | null;
  readonly functions: readonly ((x: Taped) => Taped)[];
}

/** The states after a step, of what the input gave every gate; the formulas are those of the kernel. */
type Cell = (
  direction: Direction,
  x: readonly Taped[],
  h: Taped,
  c: Taped,
  node: Node,
) => { h: Taped; c: Taped };

export const rnn = recurrent(["Tanh"], 1, ({ tape, recurrent, functions: [f] }, x, h, c) => ({
  h: f!(tape.add(x[0]!, recurrent(0, h))),
  c,
}));

export const gru = recurrent(
  ["Sigmoid", "Tanh"],
  3,
  ({ tape, recurrent, functions: [f, g] }, x, h, c, node) => {
    const z = f!(tape.add(x[0]!, recurrent(0, h)));
    const r = f!(tape.add(x[1]!, recurrent(1, h)));
    const own =
      intAttr(node, "linear_before_reset") === 0
        ? recurrent(2, tape.times(r, h))
        : tape.times(r, recurrent(2, h));
    const candidate = g!(tape.add(x[2]!, own));
    return { h: tape.add(tape.times(tape.rest(z), candidate), tape.times(z, h)), c };
  },
);

export const lstm = recurrent(["Sigmoid", "Tanh", "Tanh"], 4, (direction, x, h, c, node) => {
  const { tape, recurrent, peepholes, functions } = direction;
  const [f, g, last] = functions;
  const gate = (index: number): Taped => tape.add(x[index]!, recurrent(index, h));
  const seeing = (index: number, state: Taped): Taped =>
    peepholes ? tape.add(gate(index), tape.times(peepholes[index]!, state)) : gate(index);
  const enter = f!(seeing(0, c));
  const forget = intAttr(node, "input_forget") === 0 ? f!(seeing(2, c)) : tape.rest(enter);
  const cell = tape.add(tape.times(forget, c), tape.times(enter, g!(gate(3))));
  const leave = f!(seeing(1, cell));
  return { h: tape.times(leave, last!(cell)), c: cell };
});

class Steps extends Tape {
  add(a: Taped, b: Taped): Taped {
    return this.apply("Add", [a, b]);
  }

  times(a: Taped, b: Taped): Taped {
    return this.apply("Mul", [a, b]);
  }

  /** 1 - x. */
  rest(x: Taped): Taped {
    return this.apply("Sub", [this.constant([], [1]), x]);
  }

  turned(x: Taped, perm: readonly number[]): Taped {
    return this.apply("Transpose", [x], { perm });
  }

  /** The slice at an index of the first axis. */
  at(x: Taped, index: number): Taped {
    return this.apply("Gather", [
      x,
      this.leaf({ elem: "int64", dims: [], data: BigInt64Array.of(BigInt(index)) }),
    ]);
  }

  parts(x: Taped, axis: number, count: number): Taped[] {
    return this.split("Split", [x], { axis, num_outputs: count }, count);
  }

  /** Along a new axis. */
  stacked(list: readonly Taped[], axis: number): Taped {
    const longer = list.map((t) => this.apply("Unsqueeze", [t, this.ints(axis)]));
    return this.apply("Concat", longer, { axis });
  }
}

function recurrent(functions: readonly string[], gates: number, cell: Cell): GradientRule {
  return ({ node, inputs, wanted }) => {
    const tape = new Steps(rules);
    const leaves = inputs.map((t, i) => t && tape.leaf(t, wanted[i]));
    const byBatch = intAttr(node, "layout") !== 0;
    const given = leaves[0]!;
    const x = byBatch ? tape.turned(given, [1, 0, 2]) : given;
    const [steps, batch] = x.value.dims as [number, number];
    const hidden = inputs[2]!.dims[2]!;
    const lengths = inputs[4] ? toNumbers(inputs[4]) : new Array<number>(batch).fill(steps);
    const full = lengths.every((length) => length === steps);
    const nothing = tape.constant([batch, hidden], new Float64Array(batch * hidden));
    const states = [5, 6].map((i) => {
      const state = leaves[i];
      return state && byBatch ? tape.turned(state, [1, 0, 2]) : state;
    });
    /** Every sequence from its end to its start; what is behind it stays. */
    const reversed = (t: Taped): Taped =>
      tape.apply("ReverseSequence", [t, tape.ints(...lengths)], { time_axis: 0, batch_axis: 1 });

    const directions = recurrentFunctions(node, functions).map((own, d) => {
      const backwards = d === 1 || stringAttr(node, "direction") === "reverse";
      const parts = (index: number, count: number): Taped[] =>
        tape.parts(tape.at(leaves[index]!, d), 0, count);
      const biases = leaves[3] ? parts(3, 2 * gates) : null;
      const affine = (weights: Taped, bias: Taped | undefined) => (row: Taped) =>
        tape.apply("MatMul", [row, tape.turned(weights, [1, 0]), ...(bias ? [bias] : [])]);
      const recurrentGates = parts(2, gates).map((weights, gate) => affine(weights, biases?.[gates + gate]));
      const direction: Direction = {
        tape,
        recurrent: (gate, h) => recurrentGates[gate]!(h),
        peepholes: leaves[7] ? parts(7, 3) : null,
        functions: own.map((each) => (row: Taped) => applied(tape, each, clipped(tape, node, row))),
      };
      const sequence = backwards ? reversed(x) : x;
      const byGate = parts(1, gates).map((weights, gate) =>
        tape.parts(affine(weights, biases?.[gate])(sequence), 0, steps),
      );
      const initial = (state: Taped | null | undefined): Taped => (state ? tape.at(state, d) : nothing);
      let [h, c] = [initial(states[0]), initial(states[1])];
      const all = Array.from({ length: steps }, (_, t) => {
        // A part of a split has an axis of one step in front.
        const next = cell(
          direction,
          byGate.map((own) => tape.at(own[t]!, 0)),
          h,
          c,
          node,
        );
        if (full) {
          ({ h, c } = next);
          return h;
        }
        const going = tape.leaf({
          elem: "bool",
          dims: [batch, 1],
          data: Uint8Array.from(lengths, (length) => (t < length ? 1 : 0)),
        });
        const kept = (after: Taped, before: Taped): Taped => tape.apply("Where", [going, after, before]);
        [h, c] = [kept(next.h, h), kept(next.c, c)];
        return kept(h, nothing);
      });
      const outputs = tape.stacked(all, 0);
      return { all: backwards ? reversed(outputs) : outputs, h, c };
    });

    const all = tape.stacked(
      directions.map((d) => d.all),
      1,
    );
    const last = (list: readonly Taped[]): Taped => tape.stacked(list, byBatch ? 1 : 0);
    return tape.pullback(
      [
        byBatch ? tape.turned(all, [2, 0, 1, 3]) : all,
        last(directions.map(({ h }) => h)),
        last(directions.map(({ c }) => c)),
      ],
      leaves,
    );
  };
}

function clipped(tape: Tape, { attrs }: Node, x: Taped): Taped {
  const limit = attrs["clip"] as number | undefined;
  if (limit === undefined) return x;
  return tape.apply("Clip", [x, tape.constant([], [-limit]), tape.constant([], [limit])]);
}

function applied(tape: Steps, { name, alpha, beta }: RecurrentFunction, x: Taped): Taped {
  const number = (value: number): Taped => tape.constant([], [value]);
  switch (name) {
    case "affine":
      return tape.add(tape.times(x, number(alpha)), number(beta));
    case "elu":
      return tape.apply("Elu", [x], { alpha });
    case "hardsigmoid":
      return tape.apply("HardSigmoid", [x], { alpha, beta });
    case "leakyrelu":
      return tape.apply("LeakyRelu", [x], { alpha });
    case "relu":
      return tape.apply("Relu", [x]);
    case "scaledtanh":
      return tape.times(tape.apply("Tanh", [tape.times(x, number(beta))]), number(alpha));
    case "sigmoid":
      return tape.apply("Sigmoid", [x]);
    case "softplus":
      return tape.apply("Softplus", [x]);
    case "softsign":
      return tape.apply("Softsign", [x]);
    case "tanh":
      return tape.apply("Tanh", [x]);
    case "thresholdedrelu":
      return tape.apply("ThresholdedRelu", [x], { alpha });
    default:
      throw new Error(`internal: no rule for the function ${name}`);
  }
}
