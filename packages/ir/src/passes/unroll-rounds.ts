// Writes Loop and Scan of few rounds out: the nodes of the body once per round, so that their sums are planned too.
import {
  bodiesOf,
  constantInput,
  ownInputs,
  valueOf,
  type Body,
  type Graph,
  type Node,
  type ValueId,
} from "../graph.js";
import { bodyAttr, intAttr, optionalInts } from "../ops/define.js";
import { ops } from "../ops/index.js";
import { scanAxis, scanStates } from "../ops/repeat.js";
import { tensor, toNumbers } from "../types.js";
import { Lowering } from "./lowering.js";
import { Rewrite, type PassResult } from "./pass.js";

/** More rounds stay a loop: every round has sites of its own. */
export const mostRounds = 64;

/** The most nodes that one loop may become. */
const mostNodes = 2 ** 14;

/**
 * Nodes of the body are called `<node>/t<round>/<name>`, and its constants are there once. Of a Loop the number of rounds has
 * to be constant, and the body must not decide whether to go on; of a Scan the number of slices has to be known.
 */
export function unrollRounds(graph: Graph): PassResult {
  const rewrite = new Rewrite(graph);
  for (const node of graph.nodes) {
    if ((node.op !== "Loop" && node.op !== "Scan") || whyNotRepeated(graph, node) !== null) continue;
    unroll(graph, node, rewrite);
  }
  return rewrite.finish();
}

/** Why a Loop or Scan stays as it is; null where it does not. */
export function whyNotRepeated(graph: Graph, node: Node): string | null {
  const body = bodyAttr(node, "body");
  const rounds = node.op === "Loop" ? roundsOfLoop(graph, node, body) : roundsOfScan(graph, node);
  if (typeof rounds === "string") return rounds;
  if (rounds === 0) return "it makes no round";
  if (rounds > mostRounds) return `it makes ${rounds} rounds, and at most ${mostRounds} are unrolled`;
  const count = rounds * body.graph.nodes.length;
  if (count > mostNodes) return `it would become ${count} nodes, more than ${mostNodes}`;
  return draws(body.graph) ? "its body draws random numbers" : null;
}

/** How many rounds a Loop makes, or why that cannot be told. */
function roundsOfLoop(graph: Graph, node: Node, body: Body): number | string {
  const own = ownInputs(node);
  const most = own[0] == null ? null : constantInput(graph, node, 0);
  if (!most) return "its number of rounds is not constant";
  const first = own[1] == null ? true : constantInput(graph, node, 1);
  if (!first) return "its condition is not constant";
  if (first !== true && Number(first.data[0]) === 0) return 0;
  const next = body.graph.outputs[0]!;
  const rounds = Math.max(0, toNumbers(most)[0]!);
  const place = body.graph.inputs.indexOf(next);
  if (place === 1) return rounds;
  const outer = place < own.length ? null : constantInput(graph, node, body.captured[place - own.length]!);
  const known = valueOf(body.graph, next).constant ?? outer;
  if (!known) return "its body decides whether to go on";
  return Number(known.data[0]) === 0 ? Math.min(1, rounds) : rounds;
}

function roundsOfScan(graph: Graph, node: Node): number | string {
  const states = scanStates(node);
  for (let i = 0; i < intAttr(node, "num_scan_inputs"); i++) {
    const shape = valueOf(graph, node.inputs[states + i]!).type?.shape;
    const length = shape?.[scanAxis(node, "input", i, shape.length).axis];
    if (typeof length === "number") return length;
  }
  return "its number of slices is not known";
}

function draws(graph: Graph): boolean {
  return graph.nodes.some((node) => ops[node.op].random || bodiesOf(node).some((body) => draws(body.graph)));
}

function unroll(graph: Graph, node: Node, rewrite: Rewrite): void {
  const body = bodyAttr(node, "body");
  const isLoop = node.op === "Loop";
  const rounds = (isLoop ? roundsOfLoop(graph, node, body) : roundsOfScan(graph, node)) as number;
  const own = ownInputs(node);
  const [before, count] = isLoop ? [2, own.length - 2] : [0, scanStates(node)];
  const fed = new Lowering(rewrite, node);
  const constants = constantsOf(graph, body, node, rewrite);
  const written: Node[] = [];
  let states = own.slice(before, before + count) as ValueId[];
  const slices: ValueId[][] = body.graph.outputs.slice((isLoop ? 1 : 0) + count).map(() => []);
  for (let t = 0; t < rounds; t++) {
    const known = fed.nodes.length;
    const inputs = isLoop
      ? [...roundOf(fed, t), ...states]
      : [...states, ...own.slice(count).map((id, i) => sliceOf(fed, node, id!, i, t, rounds))];
    const round = roundFrom(body, node, inputs, constants, rewrite, t);
    written.push(...fed.nodes.slice(known), ...round.nodes);
    const yielded = isLoop ? round.outputs.slice(1) : round.outputs;
    states = yielded.slice(0, count);
    slices.forEach((list, i) => list.push(yielded[count + i]!));
  }
  const ends = new Lowering(rewrite, node);
  states.forEach((id, i) => ends.yield(id, i));
  slices.forEach((list, i) => {
    if (node.outputs[count + i] !== undefined) ends.yield(stacked(ends, node, list, i), count + i);
  });
  rewrite.replace(node, [...written, ...ends.nodes]);
}

/** What a Loop feeds first: the number of the round, and that it goes on. */
function roundOf(to: Lowering, t: number): ValueId[] {
  return [
    to.constant(`t${t}/round`, tensor("int64", [], BigInt64Array.of(BigInt(t)))),
    to.constant(`t${t}/going`, tensor("bool", [], Uint8Array.of(1))),
  ];
}

/** What a Scan feeds of one input in one round. */
function sliceOf(to: Lowering, node: Node, id: ValueId, i: number, t: number, rounds: number): ValueId {
  const reverse = (optionalInts(node, "scan_input_directions")?.[i] ?? 0) !== 0;
  const axis = optionalInts(node, "scan_input_axes")?.[i] ?? 0;
  const place = BigInt(reverse ? rounds - 1 - t : t);
  const at = to.constant(`t${t}/place${i}`, tensor("int64", [], BigInt64Array.of(place)));
  return to.add("Gather", [id, at], `t${t}/slice${i}`, { axis });
}

/** The slices of all rounds along a new axis; the attributes are those of Scan, and a Loop has none. */
function stacked(to: Lowering, node: Node, list: readonly ValueId[], i: number): ValueId {
  const reverse = (optionalInts(node, "scan_output_directions")?.[i] ?? 0) !== 0;
  const axis = optionalInts(node, "scan_output_axes")?.[i] ?? 0;
  const axes = to.integers(`stack${i}.axes`, [axis]);
  const spread = list.map((id, t) => to.add("Unsqueeze", [id, axes], `t${t}/stack${i}`));
  return to.add("Concat", reverse ? spread.reverse() : spread, `stack${i}`, { axis });
}

/** The constants of the body under names of the graph around; those that came from there have their own. */
function constantsOf(graph: Graph, body: Body, node: Node, rewrite: Rewrite): Map<ValueId, ValueId> {
  const names = new Map<ValueId, ValueId>();
  for (const [id, { constant }] of body.graph.values) {
    if (!constant) continue;
    const same = graph.values.get(id)?.constant === constant;
    names.set(id, same ? id : rewrite.constant(`${node.id}/${id}`, constant));
  }
  return names;
}

/** The nodes of the body once more, and what its outputs are called. */
function roundFrom(
  { graph: body, captured }: Body,
  node: Node,
  fed: readonly ValueId[],
  constants: ReadonlyMap<ValueId, ValueId>,
  rewrite: Rewrite,
  t: number,
): { nodes: Node[]; outputs: ValueId[] } {
  const names = new Map(constants);
  const outer = captured.map((index) => node.inputs[index]!);
  body.inputs.forEach((id, i) => names.set(id, [...fed, ...outer][i]!));
  for (const [id, value] of body.values) {
    if (!names.has(id)) names.set(id, rewrite.value(`${node.id}/t${t}/${id}`, value));
  }
  const named = (id: ValueId): ValueId => names.get(id)!;
  const nodes = body.nodes.map((each): Node => ({
    ...each,
    id: rewrite.nodeId(`${node.id}/t${t}/${each.id}`),
    inputs: each.inputs.map((id) => (id === null ? null : named(id))),
    outputs: each.outputs.map(named),
  }));
  return { nodes, outputs: body.outputs.map(named) };
}
