// Walks a graph in order, node by node, on a backend; one walker for every backend and every mode.
import {
  bodiesOf,
  bytesOf,
  describeNode,
  isTensor,
  ops,
  sumSites,
  type Accumulator,
  type Arrangement,
  type Decision,
  type ExecutedSite,
  type Graph,
  type Node,
  type Plan,
  type RuntimeValue,
  type SumSite,
  type Tensor,
  type ValueId,
} from "@mpplan/ir";
import type {
  CountRound,
  Handle,
  Kernel,
  KernelBackend,
  KernelContext,
  KernelRequest,
  Memo,
  Probe,
  RunBody,
  SiteMeasurement,
  SumCounts,
} from "./backend.js";
import { checkArrangement } from "./check-arrangement.js";
import { checkAllDecided, checkFeeds, checkPlan, decisionFor } from "./check-request.js";
import { namingNode, RuntimeError } from "./errors.js";
import { Values } from "./run-values.js";

/** What a session carries out: a plan, or the exact reference (binary64 throughout). */
export type Execution = Plan | "reference";

export type TensorMap = ReadonlyMap<ValueId, Tensor>;
/** Like a TensorMap, with sequences, optionals and maps too. */
export type ValueMap = ReadonlyMap<ValueId, RuntimeValue>;

export interface RunOptions {
  /** Sees every tensor as it is computed, inputs included; those inside bodies, and sequences, it does not see. */
  readonly observe?: (id: ValueId, value: Tensor) => void;
  /** Shares what is equal with other sessions of the same executor that run on the same feeds. */
  readonly memo?: Memo;
  /** Values that nodes read instead of what the run computed: exact inputs give local errors. */
  readonly given?: (id: ValueId) => Tensor | undefined;
}

export interface Session {
  /** @throws RuntimeError `not-a-tensor` where an output is a sequence, an optional or a map. */
  run(feeds: TensorMap, options?: RunOptions): Promise<Map<ValueId, Tensor>>;
  /** The same for values of every kind. */
  runValues(feeds: ValueMap, options?: RunOptions): Promise<Map<ValueId, RuntimeValue>>;
  /**
   * What each site really did in the last run, and every other node that was handed to the fallback; empty for the
   * reference.
   */
  readonly executed: readonly ExecutedSite[];
  dispose(): void;
}

/** A reference run that stops at every sum site to measure it. */
export interface ProbeSession {
  readonly sites: readonly SumSite[];
  run(
    feeds: TensorMap,
    visit: (site: SumSite, measurement: SiteMeasurement) => void,
    options?: ProbeOptions,
  ): Promise<void>;
}

export interface ProbeOptions {
  /**
   * Sees all the exact values of the run at once, before the first site is measured: inputs and what every node
   * computed. Constants are in the graph.
   */
  readonly values?: (values: TensorMap) => void;
}

export interface Executor {
  /**
   * @throws RuntimeError `wrong-model` for a plan of another model, `wrong-operands` for a graph whose operands
   * were not cast as the plan says, `wrong-plan` for decisions that do not fit their sites, `unsupported-decision`
   * where no backend can carry out a decision.
   */
  prepare(graph: Graph, execution: Execution): Promise<Session>;
  /** @throws RuntimeError `wrong-plan` for an arrangement that does not fit its site, `unsupported-decision`. */
  probe(
    graph: Graph,
    accumulators: ProbedAccumulators,
    arrangement?: ProbedArrangement,
  ): Promise<ProbeSession>;
}

/** The low accumulators to measure: the same in every site, or chosen site by site. */
export type ProbedAccumulators = readonly Accumulator[] | ((site: SumSite) => readonly Accumulator[]);

/** In which arrangement a site's low sums are measured; undefined for their natural one. */
export type ProbedArrangement = (site: SumSite) => Arrangement | undefined;

export interface ExecutorOptions {
  /** Takes what `backend` cannot do; every such site says so in `executed`. */
  readonly fallback?: KernelBackend;
  /**
   * The most rounds that the loops of one run may make together: a model may ask for rounds without end. Default: 2^20.
   */
  readonly maxRounds?: number;
}

const defaultMaxRounds = 2 ** 20;

/**
 * @example
 * const session = await createExecutor(createReferenceBackend()).prepare(graph, plan);
 * const outputs = await session.run(new Map([["input", sample]]));
 */
export function createExecutor(
  backend: KernelBackend,
  { fallback, maxRounds = defaultMaxRounds }: ExecutorOptions = {},
): Executor {
  // Constants are uploaded once for all the sessions of this executor.
  const uploaded = new Map<KernelBackend, WeakMap<Tensor, Handle>>();
  const upload = (on: KernelBackend, constant: Tensor): Handle => {
    let table = uploaded.get(on);
    if (!table) uploaded.set(on, (table = new WeakMap()));
    let handle = table.get(constant);
    if (!handle) table.set(constant, (handle = on.upload(constant)));
    return handle;
  };
  return {
    prepare: async (graph, execution) =>
      createSession(graph, execution, { backend, fallback, upload, maxRounds }),
    probe: async (graph, accumulators, arrangement) =>
      createProbe(graph, accumulators, arrangement, { backend, fallback: undefined, upload, maxRounds }),
  };
}

export type Upload = (on: KernelBackend, constant: Tensor) => Handle;

interface Step {
  readonly node: Node;
  readonly site: SumSite | null;
  readonly kernel: Kernel;
  readonly on: KernelBackend;
  readonly substitution: string | null;
  /** The node's bodies, prepared. */
  readonly bodies: ReadonlyMap<Graph, readonly Step[]>;
}

/** Room for the components of one node, however many samples a run has: two nodes share no random draw. */
const componentsPerNode = 2 ** 24;

interface Means {
  readonly backend: KernelBackend;
  readonly fallback: KernelBackend | undefined;
  readonly upload: Upload;
  readonly maxRounds: number;
}

interface Machine extends Means {
  readonly plan: Plan | null;
}

function createSession(graph: Graph, execution: Execution, means: Means): Session {
  const { backend, upload } = means;
  const plan = execution === "reference" ? null : execution;
  if (plan) checkPlan(graph, plan);
  const sites = new Map(sumSites(graph).map((site) => [site.node, site]));
  const decisions = new Map(plan?.decisions.map((d) => [d.site, d]));
  if (plan) checkAllDecided(plan, new Set([...sites.values()].map((site) => site.id)));
  const machine: Machine = { ...means, plan };
  const steps = graph.nodes.map((node, place): Step => {
    const site = sites.get(node.id) ?? null;
    const decision = site && plan ? decisionFor(site, decisions, plan.accumulators.length) : null;
    if (site && decision?.arrangement) checkArrangement(graph, site, decision.arrangement);
    return stepFor(machine, node, place, site, decision);
  });

  const salted = plan?.decisions.some((d) => d.ranges.some((r) => usesRandomness(plan, r.choice))) ?? false;
  let executed: readonly ExecutedSite[] = [];
  let released = false;

  const runValues = async (
    feeds: ValueMap,
    options: RunOptions = {},
  ): Promise<Map<ValueId, RuntimeValue>> => {
    if (released) {
      throw new RuntimeError("released", {
        what: "The session has been released",
        where: `a run of "${graph.name}"`,
        next: "create a session again",
      });
    }
    checkFeeds(graph, feeds);
    const now: Account[] = [];
    const values = new Values(graph, backend, upload, plan ? "binary32" : "binary64", options);
    try {
      const fed = graph.inputs.map((id) => values.feed(id, feeds.get(id)!));
      const salt = salted ? saltOf(fed) : 0;
      await walk(
        machine,
        steps,
        values,
        { salt, memo: options.memo ?? null, round: roundCounter(means.maxRounds) },
        now,
      );
      const outputs = await values.outputs();
      executed = await Promise.all(now.map(async ({ site, counts }) => ({ ...site, ...(await counts?.()) })));
      return outputs;
    } finally {
      await values.release();
    }
  };

  return {
    runValues,
    run: async (feeds, options) => onlyTensors(await runValues(feeds, options), graph),
    get executed() {
      return executed;
    },
    dispose() {
      released = true;
    },
  };
}

async function runNode<T>(node: Node, run: () => T | Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw namingNode(error, node);
  }
}

/** Counts the rounds of all loops of one run. */
function roundCounter(most: number): CountRound {
  let rounds = 0;
  return (node) => {
    if (++rounds <= most) return;
    throw new RuntimeError("too-many-rounds", {
      what: `The loops of one run make more than ${most} rounds`,
      where: describeNode(node),
      next: "check the loop's condition, or raise maxRounds of the executor",
    });
  };
}

/** The kernel of a node, and those of the nodes in its bodies, whose sums no plan speaks of. */
function stepFor(
  machine: Machine,
  node: Node,
  place: number,
  site: SumSite | null,
  decision: Decision | null,
): Step {
  const { plan, backend, fallback } = machine;
  const bodies = new Map(
    bodiesOf(node).map(({ graph }) => {
      const sites = new Map(sumSites(graph).map((each) => [each.node, each]));
      return [
        graph,
        graph.nodes.map((n, i) => stepFor(machine, n, i, sites.get(n.id) ?? null, null)),
      ] as const;
    }),
  );
  const request: KernelRequest = {
    node,
    site,
    decision,
    accumulators: plan?.accumulators ?? [],
    firstComponent: place * componentsPerNode,
    storage: plan ? "binary32" : "binary64",
    seed: plan?.seed ?? 0,
    semantics: plan?.semantics ?? "exact",
  };
  const kernel = backend.kernelFor(request);
  if (kernel.kind === "kernel") return { node, site, kernel, on: backend, substitution: null, bodies };
  const other = fallback?.kernelFor(request);
  if (fallback && other?.kind === "kernel") {
    const substitution = `${fallback.name} instead of ${backend.name}: ${kernel.reason}`;
    return { node, site, kernel: other, on: fallback, substitution, bodies };
  }
  throw new RuntimeError("unsupported-decision", {
    what: `The ${backend.name} backend cannot do this: ${kernel.reason}`,
    where: `node "${node.origin.name}" (${node.op})`,
    next: "allow a fallback backend, or choose other accumulators",
  });
}

type WalkContext = Required<Omit<KernelContext, "run">>;

/** Carries out the steps one after another. `outer` is the path of the body that they are in, "" for the graph. */
async function walk(
  machine: Machine,
  steps: readonly Step[],
  values: Values,
  { salt, memo, round }: WalkContext,
  executed: Account[],
  outer = "",
): Promise<void> {
  const { plan } = machine;
  for (const { node, site, kernel, on, substitution, bodies } of steps) {
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
    if (site && (result.executed ?? result.executedLater)) {
      const first = { ...entry(site.id, on, instead), ...result.executed };
      executed.push({ site: first, ...(result.executedLater && { counts: result.executedLater }) });
    } else if (plan) {
      const unplanned = ops[node.op].sums && (!site || outer !== "");
      if (unplanned || instead !== null) {
        const note = entry(`${outer}${node.id}`, on, unplanned ? unplannedBecause(outer) : instead);
        // Once for all the rounds of a loop.
        if (!executed.some((each) => each.site.site === note.site)) executed.push({ site: note });
      }
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

/** @throws RuntimeError `not-a-tensor`. */
function onlyTensors(values: ReadonlyMap<ValueId, RuntimeValue>, graph: Graph): Map<ValueId, Tensor> {
  const tensors = new Map<ValueId, Tensor>();
  for (const [id, value] of values) {
    if (!isTensor(value)) {
      throw new RuntimeError("not-a-tensor", {
        what: `The output "${id}" is a ${value.kind}, not a tensor`,
        where: `a run of "${graph.name}"`,
        next: "run the session with runValues, which yields values of every kind",
      });
    }
    tensors.set(id, value);
  }
  return tensors;
}

/** What a node did; counts that take a wait are asked for at the end of the run. */
interface Account {
  readonly site: ExecutedSite;
  readonly counts?: () => Promise<SumCounts>;
}

function entry(site: string, on: KernelBackend, substitution: string | null): ExecutedSite {
  return { site, backend: on.name, components: [], recomputed: 0, magnitudes: 0, total: 0, substitution };
}

/** What is said of a sum that no plan could speak of: never silence. */
function unplannedBecause(outer: string): string {
  const why = outer ? "it lies in a body" : "its shape is not known before it runs";
  return `not planned, since ${why}: its sums are exact`;
}

async function createProbe(
  graph: Graph,
  accumulators: ProbedAccumulators,
  arrangement: ProbedArrangement | undefined,
  means: Means,
): Promise<ProbeSession> {
  const { backend, upload } = means;
  const session = createSession(graph, "reference", means);
  const sites = sumSites(graph);
  const probes = new Map<string, { site: SumSite; node: Node; probe: Probe }>();
  for (const site of sites) {
    const node = graph.nodes.find((n) => n.id === site.node)!;
    const some = typeof accumulators === "function" ? accumulators(site) : accumulators;
    const arranged = arrangement?.(site);
    if (arranged) checkArrangement(graph, site, arranged);
    const probe = backend.probeFor(node, site, some, arranged);
    if (probe.kind === "unsupported") {
      throw new RuntimeError("unsupported-decision", {
        what: `The ${backend.name} backend cannot measure this: ${probe.reason}`,
        where: `node "${node.origin.name}" (${node.op})`,
        next: "calibrate on the reference backend",
      });
    }
    probes.set(node.id, { site, node, probe });
  }
  return {
    sites,
    async run(feeds, visit, options = {}) {
      const seen = new Map<ValueId, Tensor>();
      await session.run(feeds, { observe: (id, value) => seen.set(id, value) });
      options.values?.(seen);
      for (const { site, node, probe } of probes.values()) {
        const own: Handle[] = [];
        const inputs = node.inputs.map((id) => {
          if (id === null) return null;
          const constant = graph.values.get(id)?.constant;
          if (constant) return upload(backend, constant);
          own.push(backend.upload(seen.get(id)!));
          return own.at(-1)!;
        });
        visit(site, await probe.run(inputs));
        own.forEach((handle) => backend.free(handle));
      }
    },
  };
}

function usesRandomness(plan: Plan, choice: Decision["ranges"][number]["choice"]): boolean {
  const stochastic = (id: number): boolean => plan.accumulators[id]?.rounding === "stochastic";
  if (choice.mode === "static") return stochastic(choice.use);
  return choice.test.rule.startsWith("random") || stochastic(choice.low) || stochastic(choice.high);
}

/** FNV-1a over the bytes of the inputs, in the graph's order: runs on different inputs draw different random numbers. */
function saltOf(inputs: readonly RuntimeValue[]): number {
  let hash = 0x811c9dc5;
  const add = (value: RuntimeValue): void => {
    if (isTensor(value)) for (const byte of bytesOf(value)) hash = Math.imul(hash ^ byte, 0x01000193);
    else if (value.kind === "sequence") value.items.forEach(add);
    else if (value.kind === "map") [value.keys, value.values].forEach(add);
  };
  inputs.forEach(add);
  return hash;
}
