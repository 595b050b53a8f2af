// What executes a graph: sessions and probes, the same for every backend and every mode.
import {
  type Accumulator,
  type Arrangement,
  type ExecutedSite,
  type Graph,
  type Plan,
  type RuntimeValue,
  type SumSite,
  type Tensor,
  type ValueId,
  type ValueSite,
} from "@mpplan/ir";
import type { KernelBackend, Memo, SiteMeasurement, ValueMeasurement } from "./backend.js";

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
