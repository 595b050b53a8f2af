// Replaces an If whose condition is constant by the nodes of the branch that it takes, so that they are planned too.
import { constantInput, type Graph, type Node, type ValueId } from "../graph.js";
import { bodyAttr } from "../ops/define.js";
import { Lowering } from "./lowering.js";
import { Rewrite, type PassResult } from "./pass.js";

/**
 * Nodes and values of the branch keep their names where these are free. What the branch reads of the graph around it
 * is wired to that; an output of the branch that none of its nodes computes is copied by Identity.
 */
export function inlineIf(graph: Graph): PassResult {
  const rewrite = new Rewrite(graph);
  for (const node of graph.nodes) {
    if (node.op !== "If") continue;
    const condition = constantInput(graph, node, 0);
    if (condition) inline(rewrite, node, Number(condition.data[0]) !== 0);
  }
  return rewrite.finish();
}

function inline(rewrite: Rewrite, node: Node, taken: boolean): void {
  const { graph: body, captured } = bodyAttr(node, taken ? "then_branch" : "else_branch");
  const names = new Map<ValueId, ValueId>();
  // An If feeds its branches nothing of its own: all their inputs are captured.
  body.inputs.forEach((id, i) => names.set(id, node.inputs[captured[i]!]!));
  const computed = new Set(body.nodes.flatMap(({ outputs }) => outputs));
  node.outputs.forEach((outer, i) => {
    const inner = body.outputs[i]!;
    if (computed.has(inner) && !names.has(inner)) names.set(inner, outer);
  });
  for (const [id, value] of body.values) {
    if (!names.has(id)) names.set(id, rewrite.value(id, value));
  }
  const named = (id: ValueId): ValueId => names.get(id)!;
  const inner = body.nodes.map((each): Node => ({
    ...each,
    id: rewrite.nodeId(each.id),
    inputs: each.inputs.map((id) => (id === null ? null : named(id))),
    outputs: each.outputs.map(named),
  }));
  const copies = new Lowering(rewrite, node);
  node.outputs.forEach((outer, i) => {
    const from = named(body.outputs[i]!);
    if (from !== outer) copies.yield(from, i);
  });
  rewrite.replace(node, [...inner, ...copies.nodes]);
}
