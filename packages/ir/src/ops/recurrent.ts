// Recurrent networks. Sums, per step, sample, direction and gate: `hidden` sums of `input` products (X W, which need not
// wait for the step before) and `hidden` sums of `hidden` products (H R), of any signs.
import { hasInput, requireElement, sharedElement, shapeOf } from "./checks.js";
import {
  defineOp,
  inputType,
  intAttr,
  shapeError,
  stringAttr,
  type InferContext,
  type OpDefinition,
} from "./define.js";
import { mergeDims } from "./dims.js";
import { checkedType } from "./limits.js";
import type { AttrSpec } from "./define.js";
import type { Node } from "../graph.js";
import type { Dim, TensorType } from "../types.js";

/** H = f(X W + H R + b). Inputs: X, W, R, b, lengths, initial H. Outputs: all H, the last H. */
export const rnn = recurrentOp("RNN", { gates: 1, functions: ["Tanh"], states: 1 });

/** Gates z, r, h: H = (1 - z) h + z H. Inputs and outputs are those of RNN. */
export const gru = recurrentOp("GRU", {
  gates: 3,
  functions: ["Sigmoid", "Tanh"],
  states: 1,
  attributes: { linear_before_reset: { type: "int", default: 0 } },
});

/** Gates i, o, f, c: C = f C + i c, H = o h(C). Inputs as RNN, then initial C, peepholes; outputs as RNN, then the last C. */
export const lstm = recurrentOp("LSTM", {
  gates: 4,
  functions: ["Sigmoid", "Tanh", "Tanh"],
  states: 2,
  attributes: { input_forget: { type: "int", default: 0 } },
});

interface RecurrentSpec {
  readonly gates: number;
  /** The functions of one direction, as they are when no attribute says so. */
  readonly functions: readonly string[];
  /** 2 where there is a cell state besides H. */
  readonly states: 1 | 2;
  readonly attributes?: Readonly<Record<string, AttrSpec>>;
}

function recurrentOp<const Name extends string>(name: Name, spec: RecurrentSpec): OpDefinition<Name> {
  return defineOp({
    name,
    arity: [3, spec.states === 2 ? 8 : 6],
    attributes: {
      activation_alpha: { type: "floats", default: [] },
      activation_beta: { type: "floats", default: [] },
      activations: { type: "strings", default: [] },
      clip: { type: "float" },
      direction: { type: "string", default: "forward", oneOf: ["forward", "reverse", "bidirectional"] },
      hidden_size: { type: "int" },
      layout: { type: "int", default: 0 },
      ...spec.attributes,
    },
    infer: (context) => recurrentTypes(context, spec),
  });
}

/** Types of all H, the last H, and the last C. */
function recurrentTypes(context: InferContext, { gates, functions, states }: RecurrentSpec): TensorType[] {
  const { node } = context;
  const directions = directionsOf(node);
  recurrentFunctions(node, functions);
  const elem = sharedElement(context, "float", [0, 1, 2, 3, 5, 6, 7]);
  const [x, w, r] = [0, 1, 2].map((i) => shapeOf(context, i, 3, 3));
  const fit = (a: Dim, b: Dim | undefined, what: string): Dim =>
    mergeDims(node, a, b ?? null, `${what} of ${node.op} do not fit together`);
  const hidden = fit(
    r?.[2] ?? null,
    (node.attrs["hidden_size"] as number | undefined) ?? null,
    "hidden_size and R",
  );
  const times = (factor: number): Dim => (typeof hidden === "number" ? factor * hidden : null);
  const byBatch = intAttr(node, "layout") !== 0;
  const [length, batch] = byBatch ? [x?.[1] ?? null, x?.[0] ?? null] : [x?.[0] ?? null, x?.[1] ?? null];
  fit(w?.[2] ?? null, x?.[2], "X and W");
  for (const weights of [w, r]) {
    fit(directions, weights?.[0], "the direction and the weights");
    fit(times(gates), weights?.[1], "hidden_size and the weights");
  }
  const state: Dim[] = byBatch ? [batch, directions, hidden] : [directions, batch, hidden];
  const check = (index: number, dims: readonly Dim[], what: string): void => {
    if (!hasInput(context, index)) return;
    const actual = shapeOf(context, index, dims.length, dims.length);
    dims.forEach((dim, axis) => fit(dim, actual?.[axis], `${what} and the rest of the inputs`));
  };
  check(3, [directions, times(2 * gates)], "B");
  if (hasInput(context, 4)) requireElement(node, inputType(context, 4).elem, "index", "sequence_lens");
  check(4, [batch], "sequence_lens");
  check(5, state, "initial_h");
  check(6, state, "initial_c");
  check(7, [directions, times(3)], "P");
  const all: Dim[] = byBatch ? [batch, length, directions, hidden] : [length, directions, batch, hidden];
  const last = checkedType(node, elem, state);
  return [checkedType(node, elem, all), last, ...(states === 2 ? [last] : [])];
}

function directionsOf(node: Node): 1 | 2 {
  return stringAttr(node, "direction") === "bidirectional" ? 2 : 1;
}

/** One of the functions of a recurrent network, with its constants where they are given or have a default. */
export interface RecurrentFunction {
  readonly name: string;
  readonly alpha: number;
  readonly beta: number;
}

/** ONNX's functions by their names in small letters, the constants they take and the values these have by default. */
const known: Readonly<Record<string, readonly number[]>> = {
  affine: [1, 0],
  elu: [1],
  hardsigmoid: [Math.fround(0.2), 0.5],
  leakyrelu: [Math.fround(0.01)],
  relu: [],
  scaledtanh: [1, 1],
  sigmoid: [],
  softplus: [],
  softsign: [],
  tanh: [],
  thresholdedrelu: [1],
};

/** The functions of each direction. The lists of alphas and betas hold values for those functions that take any. */
export function recurrentFunctions(node: Node, defaults: readonly string[]): RecurrentFunction[][] {
  const directions = directionsOf(node);
  const given = node.attrs["activations"] as readonly string[];
  const names = given.length > 0 ? given : Array.from({ length: directions }, () => defaults).flat();
  if (names.length !== directions * defaults.length) {
    throw shapeError(
      node,
      `${node.op} has ${names.length} activations, but needs ${defaults.length} for each of ${directions} directions`,
    );
  }
  const alphas = [...(node.attrs["activation_alpha"] as readonly number[])];
  const betas = [...(node.attrs["activation_beta"] as readonly number[])];
  const functions = names.map((written): RecurrentFunction => {
    const name = written.toLowerCase();
    if (!Object.hasOwn(known, name)) {
      throw shapeError(
        node,
        `${node.op} has the activation "${written}"`,
        `use ${Object.keys(known).join(", ")}`,
      );
    }
    const [alpha, beta] = known[name]!;
    return {
      name,
      alpha: alpha === undefined ? 0 : (alphas.shift() ?? alpha),
      beta: beta === undefined ? 0 : (betas.shift() ?? beta),
    };
  });
  return Array.from({ length: directions }, (_, d) =>
    functions.slice(d * defaults.length, (d + 1) * defaults.length),
  );
}
