// Writes LSTM, GRU and RNN of few steps out: per step and gate one MatMul, and what the cell makes of it.
import { constantInput, valueOf, type Graph, type Node, type ValueId } from "../graph.js";
import { intAttr, stringAttr } from "../ops/define.js";
import { recurrentFunctions, type RecurrentFunction } from "../ops/recurrent.js";
import { tensor, toNumbers } from "../types.js";
import { cells, type Cell, type State } from "./cells.js";
import { floatsOf, Lowering } from "./lowering.js";
import { Rewrite, type PassResult } from "./pass.js";
import { recurrentActivation } from "./recurrent-activation.js";
import { directionWeights } from "./recurrent-weights.js";

/** Longer sequences stay as they are: every step has sites of its own. */
export const mostSteps = 64;

/**
 * A gate's value before its activation is one sum of input + hidden products, concat(x, h) [W R]^T, with the sum of
 * both biases (rounded to the weights' type); the hidden units are its neurons. Before the first step h is zero unless
 * it is given, and the sum is of the input products alone. Sites are called `<node>/t<step>/<gate>`, with `reverse`
 * before the step in the second direction of two. Sequences that have ended keep their states; their sums run on.
 */
export function unrollRecurrent(graph: Graph): PassResult {
  const rewrite = new Rewrite(graph);
  for (const node of graph.nodes) {
    if (!Object.hasOwn(cells, node.op) || whyNotUnrolled(graph, node) !== null) continue;
    unroll(graph, node, new Lowering(rewrite, node));
  }
  return rewrite.finish();
}

/** Why a recurrent network stays as it is; null where it does not. */
export function whyNotUnrolled(graph: Graph, node: Node): string | null {
  const { steps, hidden } = sizesOf(graph, node);
  if (typeof steps !== "number") return "its number of steps is not known";
  if (typeof hidden !== "number") return "its hidden size is not known";
  if (steps > mostSteps) return `it has ${steps} steps, and at most ${mostSteps} are unrolled`;
  if (steps === 0) return "it has no steps";
  for (const [index, what] of [
    [1, "weights"],
    [2, "weights"],
    [3, "biases"],
    [4, "sequence lengths"],
    [7, "peepholes"],
  ] as const) {
    if (node.inputs[index] != null && !constantInput(graph, node, index))
      return `its ${what} are not constant`;
  }
  return null;
}

function sizesOf(graph: Graph, node: Node) {
  const x = valueOf(graph, node.inputs[0]!).type?.shape;
  const byBatch = intAttr(node, "layout") !== 0;
  const hidden = valueOf(graph, node.inputs[2]!).type?.shape?.[2];
  return { steps: x?.[byBatch ? 1 : 0], hidden, byBatch };
}

/** The states of one direction after all steps, and H after each. */
interface Walked {
  readonly all: readonly State[];
  readonly last: { readonly h: State; readonly c: State };
}

function unroll(graph: Graph, node: Node, to: Lowering): void {
  const spec = cells[node.op as keyof typeof cells] as Cell;
  const { steps, byBatch } = sizesOf(graph, node) as { steps: number; byBatch: boolean };
  const functions = recurrentFunctions(node, spec.functions);
  const rows = Array.from({ length: steps }, (_, t) => rowAt(to, node, t, byBatch));
  const walked = functions.map((own, d) => walk(graph, node, to, spec, d, own, rows));
  const { elem, shape } = valueOf(graph, node.outputs[0]!).type!;
  const hidden = shape!.at(-1) as number;
  // Only a constant list of lengths, which says how many there are, leaves a step without a state.
  const rest = (): ValueId =>
    to.constant(
      "zeros",
      floatsOf(elem, [shape!.at(byBatch ? 0 : -2) as number, hidden], () => 0),
    );
  const stack = (list: readonly State[], name: string, axis: number): ValueId => {
    const axes = to.integers(`${name}.axis`, [axis]);
    const parts = list.map((id, i) => to.add("Unsqueeze", [id ?? rest(), axes], `${name}.${i}`));
    return parts.length === 1 ? parts[0]! : to.add("Concat", parts, name, { axis });
  };
  const stepAxis = byBatch ? 1 : 0;
  // [steps, directions, batch, hidden] or [batch, steps, directions, hidden].
  const byStep = Array.from({ length: steps }, (_, t) =>
    stack(
      walked.map(({ all }) => all[t]!),
      `t${t}/H`,
      stepAxis,
    ),
  );
  const axes = to.integers("H.axis", [stepAxis]);
  const spread = byStep.map((id, t) => to.add("Unsqueeze", [id, axes], `t${t}/H.step`));
  to.yield(spread.length === 1 ? spread[0]! : to.add("Concat", spread, "H", { axis: stepAxis }));
  for (const [index, state] of (["h", "c"] as const).entries()) {
    const lasts = walked.map(({ last }) => last[state]);
    if (node.outputs[index + 1] !== undefined) to.yield(stack(lasts, `last.${state}`, stepAxis), index + 1);
  }
  to.replace();
}

/** X of one step, [batch, input]. */
function rowAt(to: Lowering, node: Node, t: number, byBatch: boolean): ValueId {
  const at = to.constant(`t${t}.index`, tensor("int64", [], BigInt64Array.of(BigInt(t))));
  return to.add("Gather", [node.inputs[0]!, at], `t${t}/x`, { axis: byBatch ? 1 : 0 });
}

function walk(
  graph: Graph,
  node: Node,
  to: Lowering,
  spec: Cell,
  d: number,
  functions: readonly RecurrentFunction[],
  rows: readonly ValueId[],
): Walked {
  const backwards = d === 1 || stringAttr(node, "direction") === "reverse";
  const byBatch = intAttr(node, "layout") !== 0;
  const lengths = constantInput(graph, node, 4);
  const initial = (index: number, name: string): State => {
    const id = node.inputs[index];
    if (id == null) return null;
    const at = to.constant(`${name}.${d}.index`, tensor("int64", [], BigInt64Array.of(BigInt(d))));
    return to.add("Gather", [id, at], `${name}.${d}`, { axis: byBatch ? 1 : 0 });
  };
  let [h, c] = [initial(5, "initial.h"), initial(6, "initial.c")];
  const step = stepper({ graph, node, to, spec, d, functions });
  const all = new Array<State>(rows.length).fill(null);
  for (let i = 0; i < rows.length; i++) {
    const t = backwards ? rows.length - 1 - i : i;
    const name = d === 1 ? `reverse/t${t}` : `t${t}`;
    const runs = lengths && toNumbers(lengths).map((length) => t < length);
    if (runs?.every((each) => !each)) continue;
    const next = step(name, rows[t]!, h, c);
    if (!runs || runs.every((each) => each)) {
      ({ h, c } = next);
      all[t] = h;
      continue;
    }
    const running = to.constant(
      `${name}/running`,
      tensor("bool", [runs.length, 1], Uint8Array.from(runs, Number)),
    );
    const zero = to.scalar(valueOf(graph, node.inputs[1]!).type!.elem, 0);
    const chosen = (now: State, before: State, what: string): State =>
      now && to.add("Where", [running, now, before ?? zero], `${name}/${what}`);
    all[t] = chosen(next.h, null, "H");
    [h, c] = [chosen(next.h, h, "h.kept"), chosen(next.c, c, "c.kept")];
  }
  return { all, last: { h, c } };
}

interface StepContext {
  readonly graph: Graph;
  readonly node: Node;
  readonly to: Lowering;
  readonly spec: Cell;
  readonly d: number;
  readonly functions: readonly RecurrentFunction[];
}

/** One step of a direction. */
function stepper({ graph, node, to, spec, d, functions }: StepContext) {
  const weights = directionWeights(graph, node, to, d, spec.gates.length);
  const clip = node.attrs["clip"] as number | undefined;
  const { elem } = weights;
  const limits = clip === undefined ? null : [to.scalar(elem, -clip), to.scalar(elem, clip)];
  return (name: string, x: ValueId, h: State, c: State): { h: State; c: State } => {
    const joined = (other: State, what: string): ValueId =>
      other === null ? x : to.add("Concat", [x, other], `${name}/${what}`, { axis: -1 });
    const before = joined(h, "xh");
    return spec.step({
      node,
      h,
      c,
      gate(index, other = h) {
        const left = other === h ? before : joined(other, "xr");
        const of = weights.gate(index, other === null ? "input" : "both");
        return to.add("MatMul", [left, ...of], `${name}/${spec.gates[index]!}`);
      },
      inputGate: (index) =>
        to.add("MatMul", [x, ...weights.gate(index, "input-own")], `${name}/${spec.gates[index]!}.input`),
      stateGate: (index) =>
        h &&
        to.add("MatMul", [h, ...weights.gate(index, "state-own")], `${name}/${spec.gates[index]!}.state`),
      stateBias: weights.stateBias,
      peephole: weights.peephole,
      one: () => to.scalar(elem, 1),
      activate(which, value, what) {
        const clipped = limits ? to.add("Clip", [value, ...limits], `${name}/${what}.clipped`) : value;
        return recurrentActivation(to, functions[which]!, clipped, `${name}/${what}.act`, elem);
      },
      add: (op, inputs, what) => to.add(op, inputs, `${name}/${what}`),
    });
  };
}
