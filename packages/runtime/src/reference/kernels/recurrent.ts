// Recurrent networks: the walk over directions, samples and steps that RNN, GRU and LSTM share, and their cells.
import {
  intAttr,
  recurrentFunctions,
  shapeError,
  stringAttr,
  toNumbers,
  type Node,
  type RecurrentFunction,
  type Tensor,
} from "@mpplan/ir";
import { need, type ReferenceKernel } from "../kernel.js";
import { logistic, softplus } from "./special.js";
import { elementsOf, outputTypes, zeros } from "./tensors.js";

type Row = readonly number[];
type Apply = (x: number) => number;

/** One direction: its weights, by gate, and its functions, which clip what they are given. */
interface Direction {
  /** W x + b of a gate. */
  input(gate: number, x: Row): Row;
  /** R h + b of a gate. */
  recurrent(gate: number, h: Row): Row;
  /** The peephole weights of a gate, which are 0 if not given. */
  peephole(gate: number): Row;
  readonly functions: readonly Apply[];
}

/** The states after a step: H, and C where the network has one. */
type Cell = (direction: Direction, x: Row, h: Row, c: Row, node: Node) => { h: Row; c: Row };

export const rnn = recurrent(["Tanh"], 1, ({ input, recurrent, functions: [f] }, x, h, c) => {
  const sum = add(input(0, x), recurrent(0, h));
  return { h: sum.map(f!), c };
});

export const gru = recurrent(["Sigmoid", "Tanh"], 3, ({ input, recurrent, functions }, x, h, c, node) => {
  const [f, g] = functions as [Apply, Apply];
  const z = add(input(0, x), recurrent(0, h)).map(f);
  const r = add(input(1, x), recurrent(1, h)).map(f);
  const own =
    intAttr(node, "linear_before_reset") === 0 ? recurrent(2, times(r, h)) : times(r, recurrent(2, h));
  const candidate = add(input(2, x), own).map(g);
  return { h: h.map((last, i) => (1 - z[i]!) * candidate[i]! + z[i]! * last), c };
});

export const lstm = recurrent(["Sigmoid", "Tanh", "Tanh"], 4, (direction, x, h, c, node) => {
  const { input, recurrent, peephole, functions } = direction;
  const [f, g, last] = functions as [Apply, Apply, Apply];
  const gate = (index: number): Row => add(input(index, x), recurrent(index, h));
  const enter = add(gate(0), times(peephole(0), c)).map(f);
  const forget =
    intAttr(node, "input_forget") === 0
      ? add(gate(2), times(peephole(2), c)).map(f)
      : enter.map((open) => 1 - open);
  const cell = add(times(forget, c), times(enter, gate(3).map(g)));
  const leave = add(gate(1), times(peephole(1), cell)).map(f);
  return { h: times(leave, cell.map(last)), c: cell };
});

function recurrent(functions: readonly string[], gates: number, cell: Cell): ReferenceKernel {
  return (inputs, node) => {
    const x = need(inputs, 0, node);
    const types = outputTypes(inputs, node);
    const outputs = types.map(({ elem, shape }) => zeros(elem, shape as number[]));
    const byBatch = intAttr(node, "layout") !== 0;
    const [steps, batch] = byBatch ? [x.dims[1]!, x.dims[0]!] : [x.dims[0]!, x.dims[1]!];
    const size = x.dims[2]!;
    const hidden = types[0]!.shape!.at(-1) as number;
    const all = recurrentFunctions(node, functions);
    const lengths = inputs[4] ? toNumbers(inputs[4]) : new Array<number>(batch).fill(steps);
    const stateAt = (d: number, b: number): number => hidden * (byBatch ? b * all.length + d : d * batch + b);
    all.forEach((own, d) => {
      const direction = directionOf(inputs, node, d, gates, own);
      const backwards = d === 1 || stringAttr(node, "direction") === "reverse";
      lengths.forEach((length, b) => {
        if (length < 0 || length > steps) {
          throw shapeError(node, `sequence ${b} of ${node.op} is ${length} steps long, but X has ${steps}`);
        }
        const initial = (index: number): Row => slice(inputs[index], stateAt(d, b), hidden);
        let state = { h: initial(5), c: initial(6) };
        for (let step = 0; step < length; step++) {
          const t = backwards ? length - 1 - step : step;
          const row = slice(x, size * (byBatch ? b * steps + t : t * batch + b), size);
          state = cell(direction, row, state.h, state.c, node);
          const place = byBatch ? (b * steps + t) * all.length + d : (t * all.length + d) * batch + b;
          elementsOf(outputs[0]!.data).set(state.h, hidden * place);
        }
        [state.h, state.c].forEach((last, i) => {
          if (outputs[i + 1]) elementsOf(outputs[i + 1]!.data).set(last, stateAt(d, b));
        });
      });
    });
    return outputs;
  };
}

function directionOf(
  inputs: readonly (Tensor | null)[],
  node: Node,
  d: number,
  gates: number,
  functions: readonly RecurrentFunction[],
): Direction {
  const hidden = need(inputs, 2, node).dims[2]!;
  // The biases of W for all gates come first, then those of R.
  const affine =
    (weights: Tensor, firstBias: number) =>
    (gate: number, x: Row): Row =>
      Array.from({ length: hidden }, (_, i) => {
        const from = ((d * gates + gate) * hidden + i) * x.length;
        const bias = inputs[3]
          ? elementsOf(inputs[3].data)[(2 * d * gates + firstBias + gate) * hidden + i]!
          : 0;
        return x.reduce((sum, value, j) => sum + elementsOf(weights.data)[from + j]! * value, 0) + bias;
      });
  const clip = node.attrs["clip"] as number | undefined;
  const clipped = (f: Apply): Apply =>
    clip === undefined ? f : (x) => f(Math.max(-clip, Math.min(clip, x)));
  return {
    input: affine(need(inputs, 1, node), 0),
    recurrent: affine(need(inputs, 2, node), gates),
    peephole: (gate) => slice(inputs[7], (3 * d + gate) * hidden, hidden),
    functions: functions.map((each) => clipped(functionOf(each))),
  };
}

function functionOf({ name, alpha, beta }: RecurrentFunction): Apply {
  const functions: Readonly<Record<string, Apply>> = {
    affine: (x) => alpha * x + beta,
    elu: (x) => (x < 0 ? alpha * Math.expm1(x) : x),
    hardsigmoid: (x) => Math.max(0, Math.min(1, alpha * x + beta)),
    leakyrelu: (x) => (x < 0 ? alpha * x : x),
    relu: (x) => Math.max(0, x),
    scaledtanh: (x) => alpha * Math.tanh(beta * x),
    sigmoid: logistic,
    softplus,
    softsign: (x) => x / (1 + Math.abs(x)),
    tanh: Math.tanh,
    thresholdedrelu: (x) => (x > alpha ? x : 0),
  };
  return functions[name]!;
}

/** So many elements from there on; zeros where the tensor is left out. */
function slice(t: Tensor | null | undefined, from: number, length: number): Row {
  return t ? Array.from(elementsOf(t.data).subarray(from, from + length)) : new Array<number>(length).fill(0);
}

function add(a: Row, b: Row): Row {
  return a.map((x, i) => x + b[i]!);
}

function times(a: Row, b: Row): Row {
  return a.map((x, i) => x * b[i]!);
}
