// Carries out steps one after another, bodies within them too, and keeps account of what was done.
import type { ExecutedSite, Graph, Node } from "@mpplan/ir";
import type { CountRound, Handle, KernelBackend, KernelContext, RunBody, SumCounts } from "./backend.js";
import { namingNode } from "./errors.js";
import { Values } from "./run-values.js";
import type { Machine, Step } from "./steps.js";

type WalkContext = Required<Omit<KernelContext, "run">>;

/** Carries out the steps one after another. `outer` is the path of the body that they are in, "" for the graph. */
export async function walk(
  machine: Machine,
  steps: readonly Step[],
  values: Values,
  { salt, memo, round }: WalkContext,
  executed: Account[],
  outer = "",
): Promise<void> {
  const { plan } = machine;
  for (const { node, decided, undecided, kernel, on, substitution, bodies } of steps) {
    const inputs: (Handle | null)[] = [];
    for (const id of node.inputs) inputs.push(id === null ? null : await values.on(on, id));
    const run: RunBody = ({ graph }, given) =>
      runBody(machine, graph, bodies.get(graph)!, on, given, round, executed, `${outer}${node.id}/`);
    const result = await runNode(node, () => kernel.run(inputs, { salt, memo, run, round }));
    for (let i = 0; i < node.outputs.length; i++) {
      const handle = result.outputs[i];
      if (handle) await values.computed(node.outputs[i]!, on, handle);
    }
    const instead = result.substitution ?? substitution;
    if (decided !== null && (result.executed ?? result.executedLater)) {
      const first = { ...entry(decided, on, instead), ...result.executed };
      executed.push({ site: first, ...(result.executedLater && { counts: result.executedLater }) });
    } else if (plan) {
      const path = `${outer}${node.id}`;
      const unplanned = machine.unplanned.get(path);
      const why = unplanned === undefined ? undecided : `not planned, since ${unplanned}`;
      const said = why === null ? null : `${why}; ${result.undecidedSums ?? "its sums are exact"}`;
      const note = said !== null && instead !== null ? `${said}; ${instead}` : (said ?? instead);
      // Once for all the rounds of a loop.
      if (note !== null && !executed.some((each) => each.site.site === path))
        executed.push({ site: entry(path, on, note) });
    }
    values.free(node);
  }
}

/** Runs a body: its values are its own, what it is given stays with the caller, what it yields goes there. */
async function runBody(
  machine: Machine,
  graph: Graph,
  steps: readonly Step[],
  on: KernelBackend,
  inputs: readonly Handle[],
  round: CountRound,
  executed: Account[],
  outer: string,
): Promise<Handle[]> {
  const { plan, backend, upload } = machine;
  const values = new Values(graph, backend, upload, plan ? "binary32" : "binary64", {});
  try {
    graph.inputs.forEach((id, i) => values.lend(id, on, inputs[i]!));
    await walk(machine, steps, values, { salt: 0, memo: null, round }, executed, outer);
    return await values.taken(on);
  } finally {
    await values.release();
  }
}

export async function runNode<T>(node: Node, run: () => T | Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw namingNode(error, node);
  }
}

/** What a node did; counts that take a wait are asked for at the end of the run. */
export interface Account {
  readonly site: ExecutedSite;
  readonly counts?: () => Promise<SumCounts>;
}

function entry(site: string, on: KernelBackend, substitution: string | null): ExecutedSite {
  return { site, backend: on.name, components: [], recomputed: 0, magnitudes: 0, total: 0, substitution };
}
