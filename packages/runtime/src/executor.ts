// Walks a graph in order, node by node, on a backend; one walker for every backend and every mode.
import {
  checkAccumulator,
  consumers,
  isFloat,
  ops,
  printOperands,
  printType,
  sizeOf,
  sumSites,
  valueOf,
  type Accumulator,
  type Decision,
  type ExecutedSite,
  type Graph,
  type Node,
  type Plan,
  type SumSite,
  type Tensor,
  type ValueId,
} from "@mpplan/ir";
import type {
  Handle,
  Kernel,
  KernelBackend,
  KernelRequest,
  Memo,
  Probe,
  SiteMeasurement,
} from "./backend.js";
import { RuntimeError } from "./errors.js";

/** What a session carries out: a plan, or the exact reference (binary64 throughout). */
export type Execution = Plan | "reference";

export type TensorMap = ReadonlyMap<ValueId, Tensor>;

export interface RunOptions {
  /** Sees every value as it is computed, inputs included. */
  readonly observe?: (id: ValueId, value: Tensor) => void;
  /** Shares what is equal with other sessions of the same executor that run on the same feeds. */
  readonly memo?: Memo;
  /** Values that nodes read instead of what the run computed: exact inputs give local errors. */
  readonly given?: (id: ValueId) => Tensor | undefined;
}

export interface Session {
  run(feeds: TensorMap, options?: RunOptions): Promise<Map<ValueId, Tensor>>;
  /** What each site really did in the last run; empty for the reference. */
  readonly executed: readonly ExecutedSite[];
  dispose(): void;
}

/** A reference run that stops at every sum site to measure it. */
export interface ProbeSession {
  readonly sites: readonly SumSite[];
  run(feeds: TensorMap, visit: (site: SumSite, measurement: SiteMeasurement) => void): Promise<void>;
}

export interface Executor {
  /**
   * @throws RuntimeError `wrong-model` for a plan of another model, `wrong-operands` for a graph whose operands
   * were not cast as the plan says, `unsupported-decision` where no backend can carry out a decision.
   */
  prepare(graph: Graph, execution: Execution): Promise<Session>;
  probe(graph: Graph, accumulators: readonly Accumulator[]): Promise<ProbeSession>;
}

export interface ExecutorOptions {
  /** Takes what `backend` cannot do; every such site says so in `executed`. */
  readonly fallback?: KernelBackend;
}

/**
 * @example
 * const session = await createExecutor(createReferenceBackend()).prepare(graph, plan);
 * const outputs = await session.run(new Map([["input", sample]]));
 */
export function createExecutor(backend: KernelBackend, { fallback }: ExecutorOptions = {}): Executor {
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
    prepare: async (graph, execution) => createSession(graph, execution, backend, fallback, upload),
    probe: async (graph, accumulators) => createProbe(graph, accumulators, backend, upload),
  };
}

type Upload = (on: KernelBackend, constant: Tensor) => Handle;

interface Step {
  readonly node: Node;
  readonly site: SumSite | null;
  readonly kernel: Kernel;
  readonly on: KernelBackend;
  readonly substitution: string | null;
}

/** Room for the components of one node, however many samples a run has: two nodes share no random draw. */
const componentsPerNode = 2 ** 24;

function createSession(
  graph: Graph,
  execution: Execution,
  backend: KernelBackend,
  fallback: KernelBackend | undefined,
  upload: Upload,
): Session {
  const plan = execution === "reference" ? null : execution;
  if (plan) checkPlan(graph, plan);
  const sites = new Map(sumSites(graph).map((site) => [site.node, site]));
  const decisions = new Map(plan?.decisions.map((d) => [d.site, d]));
  if (plan) checkAllDecided(plan, new Set([...sites.values()].map((site) => site.id)));
  const steps = graph.nodes.map((node, place): Step => {
    const site = sites.get(node.id) ?? null;
    const decision = site && plan ? decisionFor(site, decisions, plan.accumulators.length) : null;
    const request: KernelRequest = {
      node,
      site,
      decision,
      accumulators: plan?.accumulators ?? [],
      firstComponent: place * componentsPerNode,
      storage: plan ? "binary32" : "binary64",
      seed: plan?.seed ?? 0,
    };
    const kernel = backend.kernelFor(request);
    if (kernel.kind === "kernel") return { node, site, kernel, on: backend, substitution: null };
    const other = fallback?.kernelFor(request);
    if (fallback && other?.kind === "kernel") {
      const substitution = `${fallback.name} instead of ${backend.name}: ${kernel.reason}`;
      return { node, site, kernel: other, on: fallback, substitution };
    }
    throw new RuntimeError("unsupported-decision", {
      what: `The ${backend.name} backend cannot do this: ${kernel.reason}`,
      where: `node "${node.origin.name}" (${node.op})`,
      next: "allow a fallback backend, or choose other accumulators",
    });
  });

  const salted = plan?.decisions.some((d) => d.ranges.some((r) => usesRandomness(plan, r.choice))) ?? false;
  let executed: ExecutedSite[] = [];
  let released = false;

  const run = async (feeds: TensorMap, options: RunOptions = {}): Promise<Map<ValueId, Tensor>> => {
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
      for (const { node, site, kernel, on, substitution } of steps) {
        const inputs: (Handle | null)[] = [];
        for (const id of node.inputs) inputs.push(id === null ? null : await values.on(on, id));
        const result = await kernel.run(inputs, { salt, memo: options.memo ?? null });
        for (let i = 0; i < node.outputs.length; i++) {
          const handle = result.outputs[i];
          if (handle) await values.computed(node.outputs[i]!, on, handle);
        }
        if (site && result.executed)
          now.push({ site: site.id, backend: on.name, ...result.executed, substitution });
        else if (plan && !site && ops[node.op].sums) now.push(unplanned(node, on));
        values.free(node);
      }
      const outputs = await values.outputs();
      executed = now;
      return outputs;
    } finally {
      await values.release();
    }
  };

  return {
    run,
    get executed() {
      return executed;
    },
    dispose() {
      released = true;
    },
  };
}

/** What is said of a sum that no plan could speak of: never silence. */
function unplanned(node: Node, on: KernelBackend): ExecutedSite {
  const substitution = "not planned, since its shape is not known before it runs: its sums are exact";
  return {
    site: node.id,
    backend: on.name,
    components: [],
    recomputed: 0,
    magnitudes: 0,
    total: 0,
    substitution,
  };
}

async function createProbe(
  graph: Graph,
  accumulators: readonly Accumulator[],
  backend: KernelBackend,
  upload: Upload,
): Promise<ProbeSession> {
  const session = createSession(graph, "reference", backend, undefined, upload);
  const sites = sumSites(graph);
  const probes = new Map<string, { site: SumSite; node: Node; probe: Probe }>();
  for (const site of sites) {
    const node = graph.nodes.find((n) => n.id === site.node)!;
    const probe = backend.probeFor(node, site, accumulators);
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
    async run(feeds, visit) {
      const seen = new Map<ValueId, Tensor>();
      await session.run(feeds, { observe: (id, value) => seen.set(id, value) });
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

/** The values of one run: where each is held, uploaded, moved and downloaded on demand. */
class Values {
  private readonly held = new Map<ValueId, { on: KernelBackend; handle: Handle }>();
  private readonly uses: Map<ValueId, number>;
  /** Handles that hold what another handle or a given tensor holds; dropped with the run. */
  private readonly copies = new Map<string, { on: KernelBackend; handle: Promise<Handle> }>();

  constructor(
    private readonly graph: Graph,
    private readonly backend: KernelBackend,
    private readonly upload: Upload,
    private readonly storage: KernelRequest["storage"],
    private readonly options: RunOptions,
  ) {
    this.uses = new Map([...consumers(graph)].map(([id, nodes]) => [id, nodes.length]));
    for (const id of graph.outputs) this.uses.set(id, (this.uses.get(id) ?? 0) + 1);
  }

  /** Takes an input of the run, and returns it as nodes will see it. */
  feed(id: ValueId, value: Tensor): Tensor {
    const fed = this.asStored(id, value, "binary32");
    const { memo } = this.options;
    const make = (): Handle => this.backend.upload(fed);
    const handle = memo ? memo.get(`upload|${this.backend.name}|${memo.idOf(fed)}`, make) : make();
    this.held.set(id, { on: this.backend, handle });
    this.options.observe?.(id, fed);
    return fed;
  }

  async on(backend: KernelBackend, id: ValueId): Promise<Handle> {
    const constant = valueOf(this.graph, id).constant;
    if (constant) return this.upload(backend, constant);
    const given = this.options.given?.(id);
    if (given) {
      const stored = this.asStored(id, given, this.storage);
      return this.copy(backend, id, stored, async () => backend.upload(stored));
    }
    const { on, handle } = this.held.get(id)!;
    if (on === backend) return handle;
    return this.copy(backend, id, handle, async () => backend.upload(await on.download(handle)));
  }

  async computed(id: ValueId, on: KernelBackend, handle: Handle): Promise<void> {
    this.held.set(id, { on, handle });
    if (this.options.observe) this.options.observe(id, await on.download(handle));
  }

  /** Frees what no later node reads. */
  free(node: Node): void {
    if (this.options.memo) return;
    for (const id of new Set(node.inputs)) {
      if (id === null || !this.held.has(id)) continue;
      const left = this.uses.get(id)! - 1;
      this.uses.set(id, left);
      if (left > 0) continue;
      const { on, handle } = this.held.get(id)!;
      on.free(handle);
      this.held.delete(id);
    }
  }

  async outputs(): Promise<Map<ValueId, Tensor>> {
    const result = new Map<ValueId, Tensor>();
    for (const id of this.graph.outputs) {
      const constant = valueOf(this.graph, id).constant;
      const value = this.held.get(id);
      result.set(id, constant ?? (await value!.on.download(value!.handle)));
    }
    return result;
  }

  /** Ends the run: frees all that is left. What a memo may know belongs to whoever made the memo. */
  async release(): Promise<void> {
    if (this.options.memo) return;
    for (const { on, handle } of this.held.values()) on.free(handle);
    this.held.clear();
    const copies = [...this.copies.values()];
    this.copies.clear();
    for (const { on, handle } of copies) {
      const done = await handle.catch(() => null);
      if (done) on.free(done);
    }
  }

  /** A handle on `backend` for what `source` holds, made once per run, or once per memo. */
  private copy(
    backend: KernelBackend,
    id: ValueId,
    source: object,
    make: () => Promise<Handle>,
  ): Promise<Handle> {
    const { memo } = this.options;
    if (memo) return memo.get(`upload|${backend.name}|${memo.idOf(source)}`, make);
    const key = `${backend.name}|${id}`;
    let entry = this.copies.get(key);
    if (!entry) this.copies.set(key, (entry = { on: backend, handle: make() }));
    return entry.handle;
  }

  /** A tensor from outside in the value's own element type; with storage `binary32` its float32 are binary32. */
  private asStored(id: ValueId, value: Tensor, storage: KernelRequest["storage"]): Tensor {
    if (!isFloat(value.elem)) return value;
    const elem = valueOf(this.graph, id).type?.elem ?? value.elem;
    const fits = elem === "float64" || storage === "binary64" || value.data instanceof Float32Array;
    if (elem === value.elem && fits) return value;
    const make = (): Tensor => {
      const data = value.data as Float64Array;
      const rounded = elem === "float32" && storage === "binary32";
      return { ...value, elem, data: rounded ? Float32Array.from(data) : Float64Array.from(data) };
    };
    const { memo } = this.options;
    return memo ? memo.get(`as|${elem}|${storage}|${memo.idOf(value)}`, make) : make();
  }
}

function checkPlan(graph: Graph, plan: Plan): void {
  if (plan.model.digest !== graph.digest) {
    throw new RuntimeError("wrong-model", {
      what: `The plan is for another model: "${plan.model.name}", ${plan.model.digest}`,
      where: `the plan against the model "${graph.name}", ${graph.digest}`,
      next: "make a plan for this model with mpplan compile",
    });
  }
  const { weights, activations } = graph.operands;
  if (plan.operands.weights !== weights || plan.operands.activations !== activations) {
    throw new RuntimeError("wrong-operands", {
      what: `The plan wants ${printOperands(plan.operands)}; the graph has ${printOperands(graph.operands)}`,
      where: `graph "${graph.name}"`,
      next: "apply quantizeOperands(graph, plan.operands) to the imported graph first",
    });
  }
  plan.accumulators.forEach(checkAccumulator);
}

/** A decision over a sum that the graph does not have, or whose shape it does not know, would be left undone. */
function checkAllDecided(plan: Plan, sites: ReadonlySet<string>): void {
  const stray = plan.decisions.find((decision) => !sites.has(decision.site));
  if (!stray) return;
  throw new RuntimeError("wrong-plan", {
    what: "The plan decides over a sum that the graph does not have, or not with known shapes",
    where: `site "${stray.site}"`,
    next: "bind the dims of the inputs first (bindDims), or make the plan again with mpplan compile",
  });
}

function decisionFor(
  site: SumSite,
  decisions: ReadonlyMap<string, Decision>,
  accumulators: number,
): Decision {
  const decision = decisions.get(site.id);
  let next = 0;
  for (const range of decision?.ranges ?? []) {
    if (range.start !== next || range.end <= range.start) break;
    next = range.end;
  }
  const used = decision?.ranges.flatMap(({ choice }) =>
    choice.mode === "static" ? [choice.use] : [choice.low, choice.high],
  );
  const missing = used?.find((id) => id >= accumulators);
  if (missing !== undefined) {
    throw new RuntimeError("wrong-plan", {
      what: `The plan uses its accumulator ${missing}, but has only ${accumulators}`,
      where: `site "${site.id}"`,
      next: "make the plan again with mpplan compile",
    });
  }
  if (decision && decision.neurons === site.neurons && next === site.neurons) return decision;
  throw new RuntimeError("wrong-plan", {
    what: decision
      ? `The plan's ranges do not cover the ${site.neurons} neurons one after another`
      : "The plan says nothing about this sum",
    where: `site "${site.id}"`,
    next: "make the plan again with mpplan compile",
  });
}

function usesRandomness(plan: Plan, choice: Decision["ranges"][number]["choice"]): boolean {
  const stochastic = (id: number): boolean => plan.accumulators[id]?.rounding === "stochastic";
  if (choice.mode === "static") return stochastic(choice.use);
  return choice.test.rule.startsWith("random") || stochastic(choice.low) || stochastic(choice.high);
}

/** FNV-1a over the bytes of the inputs, in the graph's order: runs on different inputs draw different random numbers. */
function saltOf(inputs: readonly Tensor[]): number {
  let hash = 0x811c9dc5;
  for (const { data } of inputs) {
    for (const byte of new Uint8Array(data.buffer, data.byteOffset, data.byteLength)) {
      hash = Math.imul(hash ^ byte, 0x01000193);
    }
  }
  return hash;
}

function checkFeeds(graph: Graph, feeds: TensorMap): void {
  for (const id of feeds.keys()) {
    if (graph.inputs.includes(id)) continue;
    throw new RuntimeError("unknown-feed", {
      what: `The model has no input "${id}"`,
      where: `the feeds of a run of "${graph.name}"`,
      next: `feed these inputs: ${graph.inputs.join(", ")}`,
    });
  }
  for (const id of graph.inputs) {
    const { type } = valueOf(graph, id);
    const value = feeds.get(id);
    const wrong = (what: string): RuntimeError =>
      new RuntimeError(value ? "wrong-feed" : "missing-feed", {
        what,
        where: `input "${id}", which is ${printType(type)}`,
        next: "feed a tensor of that type and shape",
      });
    if (!value) throw wrong(`The input "${id}" was not fed`);
    if (sizeOf(value.dims) !== value.data.length)
      throw wrong(`The tensor has ${value.data.length} elements, its dims say ${sizeOf(value.dims)}`);
    if (type && type.elem !== value.elem && !(isFloat(type.elem) && isFloat(value.elem))) {
      throw wrong(`The tensor is ${value.elem}`);
    }
    const shape = type?.shape;
    if (
      shape &&
      (shape.length !== value.dims.length ||
        shape.some((dim, i) => typeof dim === "number" && dim !== value.dims[i]))
    ) {
      throw wrong(`The tensor has dims [${value.dims.join(", ")}]`);
    }
  }
}
