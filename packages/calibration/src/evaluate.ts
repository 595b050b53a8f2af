// Runs plans against the exact reference on samples that were used for nothing else, and reports what they lose.
import {
  addExecuted,
  highAccumulators,
  measuredCost,
  SetDigest,
  stack,
  type ExecutedSite,
  type Graph,
  type NodeError,
  type Plan,
  type Report,
  type Samples,
  type Tensor,
  type Tool,
  type ValueId,
} from "@mpplan/ir";
import { Memo, type Executor } from "@mpplan/runtime";
import { chooseBatch, outputsOf } from "./batch.js";
import { CalibrationError } from "./errors.js";
import { ErrorMeter, guessTask, type Task } from "./metrics.js";

export interface EvaluateOptions {
  readonly executor: Executor;
  /** Default: what the outputs look like. */
  readonly task?: Task | undefined;
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
  /**
   * One memo per batch, filled here and used again by later calls on the same samples: what their plans have in
   * common with these, such as the first layer, is then computed once.
   */
  readonly memos?: Memo[];
}

/** What one plan was seen to cost and lose. */
export interface Evaluation {
  readonly error: number | null;
  readonly flips: number | null;
  readonly accuracy: number | null;
  readonly cost: number;
  readonly fractionHigh: number;
  readonly executed: readonly ExecutedSite[];
  /** Spent in this plan's runs. Plans share what is equal, and who comes first pays: no measure of speed. */
  readonly seconds: number;
}

export interface EvaluationSet {
  readonly samples: number;
  readonly digest: string;
  readonly task: Task;
  readonly reference: { readonly accuracy: number | null; readonly seconds: number };
  readonly plans: readonly Evaluation[];
}

/** Evaluates several plans side by side; on each sample they share whatever is equal among them. */
export async function evaluatePlans(
  graph: Graph,
  plans: readonly Plan[],
  samples: Samples,
  { executor, task, onProgress, signal, memos }: EvaluateOptions,
): Promise<EvaluationSet> {
  const exact = await executor.prepare(graph, "reference");
  const sessions = await Promise.all(plans.map((plan) => executor.prepare(graph, plan)));
  const digest = new SetDigest();
  let chosen: Task | undefined;
  let meters: ErrorMeter[] = [];
  let own: ErrorMeter | null = null;
  const executed: ExecutedSite[][] = plans.map(() => []);
  const seconds = plans.map(() => 0);
  let referenceSeconds = 0;

  const batch = await chooseBatch(graph, samples, executor);
  for (let i = 0; i < samples.count; i += batch) {
    if (signal?.aborted) throw cancelled(graph, i, samples.count);
    const count = Math.min(batch, samples.count - i);
    const memo = memos ? (memos[i / batch] ??= new Memo()) : new Memo();
    // The same objects for as long as the memo lives: it knows inputs by what they are, not by what they hold.
    const { feeds, part } = memo.get("feeds", () => {
      const some = Array.from({ length: count }, (_, k) => samples.at(i + k));
      const part = new SetDigest();
      for (const sample of some) part.add(sample);
      return { feeds: stack(some), part };
    });
    digest.merge(part);
    let start = performance.now();
    const reference = await exact.run(feeds, { memo });
    referenceSeconds += (performance.now() - start) / 1000;
    chosen ??= task ?? guessTask(outputsOf(reference, 0, count));
    own ??= new ErrorMeter(chosen);
    if (meters.length === 0) meters = plans.map(() => new ErrorMeter(chosen!));
    const measure = (meter: ErrorMeter, outputs: typeof reference): void => {
      for (let k = 0; k < count; k++) {
        meter.add(outputsOf(outputs, k, count), outputsOf(reference, k, count), samples.label(i + k));
      }
    };
    measure(own, reference);
    for (const [p, session] of sessions.entries()) {
      start = performance.now();
      const outputs = await session.run(feeds, { memo });
      seconds[p]! += (performance.now() - start) / 1000;
      measure(meters[p]!, outputs);
      executed[p] = addExecuted(executed[p]!, session.executed);
    }
    memo.turn();
    onProgress?.(i + count, samples.count);
  }
  for (const session of [exact, ...sessions]) session.dispose();
  return {
    samples: samples.count,
    digest: digest.toString(),
    task: chosen ?? "values",
    reference: { accuracy: own?.accuracy ?? null, seconds: referenceSeconds },
    plans: plans.map((plan, p) => ({
      error: meters[p]?.error ?? null,
      flips: meters[p]?.flips ?? null,
      accuracy: meters[p]?.accuracy ?? null,
      ...measuredCost(plan, executed[p]!),
      executed: executed[p]!,
      seconds: seconds[p]!,
    })),
  };
}

export interface ReportOptions extends EvaluateOptions {
  readonly tool: Tool;
}

/** Evaluates one plan and says, per node, what is its own error and what it inherited. */
export async function evaluate(
  graph: Graph,
  plan: Plan,
  samples: Samples,
  options: ReportOptions,
): Promise<Report> {
  const set = await evaluatePlans(graph, [plan], samples, options);
  const [result] = set.plans;
  if (!result) throw new Error("internal: a plan went in and no evaluation came out");
  return {
    kind: "mpplan-report",
    version: 1,
    tool: options.tool,
    model: { name: graph.name, digest: graph.digest },
    data: { digest: set.digest, samples: samples.count, random: samples.random },
    seed: plan.seed,
    evaluated: samples.count,
    error: result.error,
    flips: result.flips,
    accuracy: result.accuracy,
    referenceAccuracy: set.reference.accuracy,
    cost: result.cost,
    fractionHigh: result.fractionHigh,
    guarantee: "observed",
    nodes: await nodeErrors(graph, plan, samples, options, result.executed),
    executed: [...result.executed],
  };
}

/** At most this many samples tell each node's local and cumulative error; the first ones of the evaluation. */
const samplesForNodes = 64;

async function nodeErrors(
  graph: Graph,
  plan: Plan,
  samples: Samples,
  { executor, signal }: EvaluateOptions,
  executed: readonly ExecutedSite[],
): Promise<NodeError[]> {
  const exact = await executor.prepare(graph, "reference");
  const session = await executor.prepare(graph, plan);
  const outputOf = new Map(
    plan.decisions.map((d) => [d.site, graph.nodes.find((node) => node.id === d.site)!.outputs[0]!]),
  );
  const local = new Map([...outputOf.keys()].map((site) => [site, new ErrorMeter("values")]));
  const cumulative = new Map([...outputOf.keys()].map((site) => [site, new ErrorMeter("values")]));
  const n = Math.min(samples.count, samplesForNodes);
  for (let i = 0; i < n; i++) {
    if (signal?.aborted) throw cancelled(graph, i, n);
    const sample = samples.at(i);
    const memo = new Memo();
    const truth = new Map<ValueId, Tensor>();
    const inherited = new Map<ValueId, Tensor>();
    const isolated = new Map<ValueId, Tensor>();
    await exact.run(sample, { memo, observe: (id, value) => truth.set(id, value) });
    await session.run(sample, { memo, observe: (id, value) => inherited.set(id, value) });
    // Every node reads the exact values instead of what its predecessors computed.
    await session.run(sample, {
      memo,
      given: (id) => truth.get(id),
      observe: (id, value) => isolated.set(id, value),
    });
    for (const [site, output] of outputOf) {
      const reference = new Map([[output, truth.get(output)!]]);
      local.get(site)!.add(isolated, reference, null);
      cumulative.get(site)!.add(inherited, reference, null);
    }
  }
  const done = new Map(executed.map((e) => [e.site, e]));
  const high = highAccumulators(plan.accumulators);
  const inHigh = ({ components }: ExecutedSite): number =>
    components.reduce((sum, count, id) => sum + (high.has(id) ? count : 0), 0);
  return plan.decisions.map((decision) => {
    const e = done.get(decision.site);
    return {
      site: decision.site,
      op: decision.op,
      local: local.get(decision.site)!.error,
      cumulative: cumulative.get(decision.site)!.error,
      fractionHigh: e && e.total > 0 ? inHigh(e) / e.total : 0,
    };
  });
}

function cancelled(graph: Graph, done: number, total: number): CalibrationError {
  return new CalibrationError("cancelled", {
    what: `Cancelled after ${done} of ${total} samples`,
    where: `the evaluation of "${graph.name}"`,
    next: "run it again; nothing was written",
  });
}
