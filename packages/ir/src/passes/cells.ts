// The cells of LSTM, GRU and RNN in plain operators: what one step makes of its gates' sums.
import type { Node, ValueId } from "../graph.js";
import { intAttr } from "../ops/define.js";
import type { OpName } from "../ops/index.js";

/** A state, [batch, hidden]; null where it is zero. */
export type State = ValueId | null;

/** What a cell works with in one step. */
export interface CellStep {
  readonly node: Node;
  readonly h: State;
  readonly c: State;
  /** W x + R other + both biases, one sum; `other` is h unless it is said. */
  gate(index: number, other?: State): ValueId;
  /** W x and its bias. */
  inputGate(index: number): ValueId;
  /** R h and its bias; null where h is zero. */
  stateGate(index: number): State;
  /** The bias that goes with R; null where there is none. */
  stateBias(index: number): State;
  /** The peephole weights of a gate; null where there are none. */
  peephole(index: number): State;
  one(): ValueId;
  activate(which: number, value: ValueId, name: string): ValueId;
  add(op: OpName, inputs: readonly ValueId[], name: string): ValueId;
}

export interface Cell {
  /** In the order of the weights; sites are called so. */
  readonly gates: readonly string[];
  /** The functions of one direction, as they are when no attribute says so. */
  readonly functions: readonly string[];
  step(step: CellStep): { h: State; c: State };
}

export const cells = {
  GRU: { gates: ["update", "reset", "candidate"], functions: ["Sigmoid", "Tanh"], step: gruStep },
  LSTM: {
    gates: ["input", "output", "forget", "cell"],
    functions: ["Sigmoid", "Tanh", "Tanh"],
    step: lstmStep,
  },
  RNN: {
    gates: ["state"],
    functions: ["Tanh"],
    step: (at) => ({ h: at.activate(0, at.gate(0), "state"), c: null }),
  },
} satisfies Partial<Record<OpName, Cell>>;

/** h' = (1 - z) g + z h; with linear_before_reset the candidate g is of two sums, W x + b and r (R h + b). */
function gruStep(at: CellStep): { h: State; c: State } {
  const z = at.activate(0, at.gate(0), "update");
  const candidate = at.activate(1, gruCandidate(at), "candidate");
  const own = at.add("Mul", [at.add("Sub", [at.one(), z], "1-z"), candidate], "own");
  return { h: sum(at, own, product(at, z, at.h, "kept"), "h"), c: null };
}

function gruCandidate(at: CellStep): ValueId {
  const linear = intAttr(at.node, "linear_before_reset") !== 0;
  const state = linear ? (at.stateGate(2) ?? at.stateBias(2)) : at.h;
  if (state === null) return at.gate(2, null);
  const r = at.activate(0, at.gate(1), "reset");
  const reset = at.add("Mul", [r, state], "reset.state");
  return linear ? at.add("Add", [at.inputGate(2), reset], "candidate.sum") : at.gate(2, reset);
}

/** c' = f c + i g, h' = o phi(c'); the peepholes of i and f look at c, that of o at c'. */
function lstmStep(at: CellStep): { h: State; c: State } {
  const gate = (index: number, name: string, peeped: State): ValueId => {
    const weights = at.peephole(index);
    const peep = weights && product(at, weights, peeped, `${name}.peephole`);
    return at.activate(0, sum(at, at.gate(index), peep, `${name}.peeped`), name);
  };
  const enter = gate(0, "input", at.c);
  const coupled = intAttr(at.node, "input_forget") !== 0;
  const forget = at.c && (coupled ? at.add("Sub", [at.one(), enter], "forget") : gate(2, "forget", at.c));
  const kept = forget && product(at, forget, at.c, "kept");
  const entered = at.add("Mul", [enter, at.activate(1, at.gate(3), "cell")], "entered");
  const c = sum(at, entered, kept, "c");
  const leave = gate(1, "output", c);
  return { h: at.add("Mul", [leave, at.activate(2, c, "c")], "h"), c };
}

/** Zero times anything is zero. */
function product(at: CellStep, a: ValueId, b: State, name: string): State {
  return b && at.add("Mul", [a, b], name);
}

function sum(at: CellStep, a: ValueId, b: State, name: string): ValueId {
  return b === null ? a : at.add("Add", [b, a], name);
}
