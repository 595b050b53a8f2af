// Walks a graph in order, node by node, on a backend; one walker for every backend and every mode.
import {
  addsValues,
  bodiesOf,
  bytesOf,
  describeNode,
  isTensor,
  sumSites,
  unplannedSums,
  valueOf,
  valueSites,
  valueSumsOf,
  type Accumulator,
  type Arrangement,
  type Decision,
  type ExecutedSite,
  type Graph,
  type Node,
  type Plan,
  type RuntimeValue,
  type SiteId,
  type SumSite,
  type Tensor,
  type ValueId,
  type ValueSite,
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
  ValueMeasurement,
} from "./backend.js";
import { checkArrangement } from "./check-arrangement.js";
import { checkAllDecided, checkFeeds, checkPlan, decisionFor, valueDecisionFor } from "./check-request.js";
import { namingNode, RuntimeError } from "./errors.js";
import { createReferenceBackend, measureValues } from "./reference/backend.js";
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
  /** What each site really did in the last run; empty for the reference. */
  readonly executed: readonly ExecutedSite[];
  dispose(): void;
}

/** A reference run that stops at every sum site to measure it. */
export interface ProbeSession {
  readonly sites: readonly SumSite[];
  readonly valueSites: readonly ValueSite[];
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
  /** Sees what every node's value sums came to; left out, none is measured. */
  readonly visitValues?: (site: ValueSite, measurement: ValueMeasurement) => void;
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

/** Carries out decided value sums for backends that do not. */
const reference = createReferenceBackend();

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
  /** The site whose sums a plan decides, null where none does. */
  readonly decided: SiteId | null;
  /** Why the values that the node adds up are summed exactly although there is a plan; null where they are not. */
  readonly exact: string | null;
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
  /** By path of a node: why its sums of products are not planned. Empty without a plan. */
  readonly unplanned: ReadonlyMap<string, string>;
}

function createSession(graph: Graph, execution: Execution, means: Means): Session {
  const { backend, upload } = means;
  const plan = execution === "reference" ? null : execution;
  if (plan) checkPlan(graph, plan);
  const sites = new Map(sumSites(graph).map((site) => [site.node, site]));
  const values = new Map(valueSites(graph).map((site) => [site.node, site]));
  const decisions = new Map(plan?.decisions.map((d) => [d.site, d]));
  if (plan) checkAllDecided(plan, new Set([...sites.values(), ...values.values()].map((site) => site.id)));
  const unplanned = new Map(plan ? unplannedSums(graph).map(({ node, reason }) => [node, reason]) : []);
  const machine: Machine = { ...means, plan, unplanned };
  const steps = graph.nodes.map((node, place): Step => {
    const site = sites.get(node.id) ?? null;
    const decision = plan && decided(site, values.get(node.id), decisions, plan.accumulators.length);
    if (site && decision?.arrangement) checkArrangement(graph, site, decision.arrangement);
    return stepFor(machine, graph, node, place, site, decision);
  });

  const salted = plan?.decisions.some((d) => d.ranges.some((r) => usesRandomness(plan, r.choice))) ?? false;
  let executed: ExecutedSite[] = [];
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
    const now: ExecutedSite[] = [];
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
      executed = now;
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

/** What a plan decides over the sums of a node, be they of products or of values. */
function decided(
  site: SumSite | null,
  values: ValueSite | undefined,
  decisions: ReadonlyMap<SiteId, Decision>,
  accumulators: number,
): Decision | null {
  if (values) return valueDecisionFor(values, decisions, accumulators);
  return site && decisionFor(site, decisions, accumulators);
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
  graph: Graph,
  node: Node,
  place: number,
  site: SumSite | null,
  decision: Decision | null,
  inBody = false,
): Step {
  const { plan, fallback } = machine;
  const bodies = new Map(
    bodiesOf(node).map(({ graph: body }) => {
      const sites = new Map(sumSites(body).map((each) => [each.node, each]));
      const steps = body.nodes.map((n, i) =>
        stepFor(machine, body, n, i, sites.get(n.id) ?? null, null, true),
      );
      return [body, steps] as const;
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
  };
  const backend = decision?.term === "value" && !machine.backend.decidesValues ? reference : machine.backend;
  const exact = plan && !decision ? whyExact(graph, node, inBody) : null;
  const step = { node, decided: decision?.site ?? null, exact, bodies };
  const kernel = backend.kernelFor(request);
  if (kernel.kind === "kernel") return { ...step, kernel, on: backend, substitution: null };
  const other = fallback?.kernelFor(request);
  if (fallback && other?.kind === "kernel") {
    const substitution = `${fallback.name} instead of ${backend.name}: ${kernel.reason}`;
    return { ...step, kernel: other, on: fallback, substitution };
  }
  throw new RuntimeError("unsupported-decision", {
    what: `The ${backend.name} backend cannot do this: ${kernel.reason}`,
    where: `node "${node.origin.name}" (${node.op})`,
    next: "allow a fallback backend, or choose other accumulators",
  });
}

/** What is said of a sum of values that no plan could speak of: never silence. */
function whyExact(graph: Graph, node: Node, inBody: boolean): string | null {
  if (!addsValues(graph, node)) return null;
  if (inBody) return "not planned, since it lies in a body; its sums are exact";
  if (valueSumsOf(graph, node)) return "the plan does not speak of it; its sums are exact";
  // Known sizes that give no site leave nothing to add up.
  const shape = valueOf(graph, node.inputs[0]!).type?.shape;
  if (shape?.every((dim) => typeof dim === "number")) return null;
  return "not planned, since its shape is not known before it runs; its sums are exact";
}

type WalkContext = Required<Omit<KernelContext, "run">>;

/** Carries out the steps one after another. `outer` is the path of the body that they are in, "" for the graph. */
async function walk(
  machine: Machine,
  steps: readonly Step[],
  values: Values,
  { salt, memo, round }: WalkContext,
  executed: ExecutedSite[],
  outer = "",
): Promise<void> {
  for (const { node, decided, exact, kernel, on, substitution, bodies } of steps) {
    const inputs: (Handle | null)[] = [];
    for (const id of node.inputs) inputs.push(id === null ? null : await values.on(on, id));
    const run: RunBody = ({ graph }, given) =>
      runBody(machine, graph, bodies.get(graph)!, on, given, round, executed, `${outer}${node.id}/`);
    const result = await runNode(node, () => kernel.run(inputs, { salt, memo, run, round }));
    for (let i = 0; i < node.outputs.length; i++) {
      const handle = result.outputs[i];
      if (handle) await values.computed(node.outputs[i]!, on, handle);
    }
    const unplanned = machine.unplanned.get(`${outer}${node.id}`);
    const why = unplanned === undefined ? exact : `not planned, since ${unplanned}; its sums are exact`;
    if (decided !== null && result.executed) {
      executed.push({ site: decided, backend: on.name, ...result.executed, substitution });
    } else if (why !== null) {
      const site = `${outer}${node.id}`;
      const none = { components: [], recomputed: 0, magnitudes: 0, total: 0 };
      // Once for all the rounds of a loop.
      if (!executed.some((each) => each.site === site))
        executed.push({ site, backend: on.name, ...none, substitution: why });
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
  executed: ExecutedSite[],
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
  const nodes = new Map(graph.nodes.map((node) => [node.id, node]));
  const values = valueSites(graph);
  return {
    sites,
    valueSites: values,
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
      for (const site of options.visitValues ? values : []) {
        const node = nodes.get(site.node)!;
        const inputs = node.inputs.map((id) => id && (graph.values.get(id)?.constant ?? seen.get(id)!));
        const measurement = measureValues(
          node,
          inputs.map((t) => t || null),
        );
        if (!measurement)
          throw new Error(`internal: ${node.op} states value sums that its kernel does not add`);
        options.visitValues?.(site, measurement);
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
