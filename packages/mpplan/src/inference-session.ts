// Sessions in the shape of onnxruntime-common: create, run, inputNames, outputNames, release; and `executed`.
import { parsePlan, type ExecutedSite, type Graph, type Plan, type Sample } from "@mpplan/ir";
import { uniformPlan, dynamicPlan, blankProfile, ruleNamed } from "@mpplan/planner";
import { createExecutor, createReferenceBackend, type Executor, type Session } from "@mpplan/runtime";
import { UsageError } from "./errors.js";
import { planOptionsOf } from "./pipeline.js";
import { importModel, prepareGraph, type ModelSource } from "./prepare-graph.js";
import { resolvePrecision, type PrecisionOptions } from "./settings.js";
import { Tensor } from "./tensor.js";
import { tool } from "./version.js";

export type ExecutionMode = "static" | "dynamic" | "hybrid" | "uniform" | "reference";

export interface SessionOptions extends PrecisionOptions {
  /** Backends in order of preference. Only "reference" exists today. */
  readonly executionProviders?: readonly string[] | undefined;
  /** A plan, or the text of one. */
  readonly plan?: Plan | string | undefined;
  /** Default: the plan's own mode; `reference` without a plan. */
  readonly mode?: ExecutionMode | undefined;
  /** For `uniform` without a plan: the format of every sum, default the preset's high one. */
  readonly format?: string | undefined;
  /** For `dynamic` without a plan: the rule and its tau. */
  readonly rule?: string | undefined;
  readonly tau?: number | undefined;
  readonly seed?: number | undefined;
  readonly externalData?: ((location: string) => Uint8Array) | undefined;
  readonly name?: string | undefined;
}

/** Reads a model that is given by path or address. */
export type ReadModel = (path: string) => Promise<ModelSource>;

/**
 * One model under one plan.
 *
 * @example
 * const session = await InferenceSession.create(bytes, { plan });
 * const { logits } = await session.run({ input: new Tensor("float32", pixels, [1, 784]) });
 * console.log(session.executed);
 */
export class Inference {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  private readonly sessions = new Map<string, Promise<Session>>();
  private current: Session | null = null;
  private released = false;

  private constructor(
    private readonly imported: Graph,
    private readonly executor: Executor,
    private readonly options: SessionOptions,
    /** The plan in force; null for the exact reference. */
    readonly plan: Plan | null,
  ) {
    this.inputNames = imported.inputs;
    this.outputNames = imported.outputs;
  }

  /** @throws ImportError, IrError, RuntimeError, UsageError: see each. */
  static async open(source: ModelSource, options: SessionOptions = {}): Promise<Inference> {
    for (const provider of options.executionProviders ?? []) {
      if (provider === "reference") continue;
      throw new UsageError("unknown-provider", {
        what: `There is no execution provider "${provider}"`,
        where: "the options of the session",
        next: 'use "reference"',
      });
    }
    const imported = importModel(source);
    const plan = planFor(imported, options);
    const session = new Inference(imported, createExecutor(createReferenceBackend()), options, plan);
    // A plan of another model, or one that misses a site, is refused now rather than at the first run.
    if (
      plan &&
      imported.inputs.every((id) => imported.values.get(id)?.type?.shape?.every((d) => typeof d === "number"))
    ) {
      await session.sessionFor(null);
    } else if (plan && plan.model.digest !== imported.digest) {
      await session.sessionFor(null);
    }
    return session;
  }

  /** Runs the model on inputs by name; any batch where the model's is symbolic. */
  async run(feeds: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>> {
    const sample = new Map(Object.entries(feeds).map(([name, t]) => [name, t.toIr()]));
    const session = await this.sessionFor(sample);
    const outputs = await session.run(sample);
    this.current = session;
    return Object.fromEntries([...outputs].map(([name, t]) => [name, Tensor.fromIr(t)]));
  }

  /** What each site really did in the last run: the proof that the plan was carried out. */
  get executed(): readonly ExecutedSite[] {
    return this.current?.executed ?? [];
  }

  async release(): Promise<void> {
    this.released = true;
    for (const session of this.sessions.values()) (await session).dispose();
    this.sessions.clear();
  }

  private sessionFor(sample: Sample | null): Promise<Session> {
    if (this.released) {
      throw new UsageError("bad-option", {
        what: "The session has been released",
        where: "a run",
        next: "create a session again",
      });
    }
    const known = new Map([...(sample ?? [])].filter(([name]) => this.inputNames.includes(name)));
    const key = JSON.stringify([...known].map(([name, t]) => [name, t.dims]));
    let session = this.sessions.get(key);
    if (!session) {
      const precision = resolvePrecision(this.options);
      const graph = prepareGraph(this.imported, known, this.plan?.operands ?? precision.operands);
      session = this.executor.prepare(graph, this.plan ?? "reference");
      this.sessions.set(key, session);
    }
    return session;
  }
}

/** The plan that the options ask for; null for the exact reference. */
function planFor(imported: Graph, options: SessionOptions): Plan | null {
  const plan =
    typeof options.plan === "string"
      ? parsePlan(options.plan, "the plan given to the session")
      : options.plan;
  const mode = options.mode ?? plan?.mode ?? "reference";
  if (mode === "reference") return null;
  if (plan) {
    if (plan.mode === mode) return plan;
    throw new UsageError("mode-mismatch", {
      what: `The plan is ${plan.mode}, but ${mode} is asked for`,
      where: "the mode of the session",
      next: `leave the mode out, or make a ${mode} plan`,
    });
  }
  const precision = resolvePrecision(options);
  const graph = prepareGraph(imported, null, precision.operands);
  const profile = blankProfile(graph, precision.accumulators, tool);
  const planOptions = planOptionsOf(profile, precision, { seed: options.seed });
  if (mode === "uniform") {
    const formats = precision.accumulators.map((a) => a.format);
    const use = options.format === undefined ? formats.length - 1 : formats.indexOf(options.format);
    if (use >= 0) return uniformPlan(profile, use, planOptions);
    throw new UsageError("bad-option", {
      what: `"${options.format}" is none of the formats in use`,
      where: "the format of a uniform run",
      next: `use one of: ${formats.join(", ")}, or set --low and --high`,
    });
  }
  if (mode === "dynamic" && options.tau !== undefined) {
    return dynamicPlan(profile, ruleNamed(options.rule ?? "kappa"), options.tau, planOptions);
  }
  throw new UsageError("no-plan", {
    what: `A ${mode} run needs a plan`,
    where: "the options of the session",
    next: mode === "dynamic" ? "give a plan, or a rule and its tau" : "give a plan that mpplan compile wrote",
  });
}

/** The class of sessions for a platform that reads models its own way. */
export interface SessionFactory {
  create(model: string | Uint8Array | ArrayBufferLike, options?: SessionOptions): Promise<Inference>;
}

export function sessionFactory(readModel: ReadModel): SessionFactory {
  return {
    async create(model, options = {}) {
      if (typeof model !== "string") {
        const bytes = model instanceof Uint8Array ? model : new Uint8Array(model);
        return Inference.open(
          { bytes, name: options.name ?? "model", externalData: options.externalData },
          options,
        );
      }
      const source = await readModel(model);
      return Inference.open(
        { ...source, externalData: options.externalData ?? source.externalData },
        options,
      );
    },
  };
}
