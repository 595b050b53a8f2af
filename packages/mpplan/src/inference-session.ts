// Sessions in the shape of onnxruntime-common: create, run, inputNames, outputNames, release; and `executed`.
import type { ExecutedSite, Graph, Operands, Plan, Sample } from "@mpplan/ir";
import type { ImportLimits } from "@mpplan/onnx";
import { RuntimeError, type Executor, type Session } from "@mpplan/runtime";
import type { WorkerHost } from "@mpplan/runtime-cpu";
import { executorOn, type OpenGpu } from "./backends.js";
import { withPauses } from "./breathe.js";
import { importModel, prepareGraph, type ModelSource, type Shapes } from "./prepare-graph.js";
import { checkModel, checkPlan, readPlan } from "./read-documents.js";
import { operandsFor, planFor, type SessionOptions } from "./session-options.js";
import { Tensor } from "./tensor.js";

/** Reads a model that is given by path or address, unless it is larger than the limits allow. */
export type ReadModel = (path: string, limits?: Partial<ImportLimits>) => Promise<ModelSource>;

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
  /** By dims of the inputs, as the sessions are. */
  private readonly plans = new Map<string, Plan | null>();

  private constructor(
    private readonly imported: Graph,
    private readonly executor: Executor,
    private readonly stop: () => void,
    /** What weights and activations are cast to before any sum. */
    readonly operands: Operands,
    /** The plan for inputs of those dims: the one given, or one made for the sums that such inputs have. */
    private readonly planAt: (shapes: Shapes | null) => Plan | null,
    private inForce: Plan | null,
  ) {
    this.inputNames = imported.inputs;
    this.outputNames = imported.outputs;
  }

  /** @throws ImportError, IrError, RuntimeError, UsageError: see each. */
  static async open(source: ModelSource, options: SessionOptions = {}): Promise<Inference> {
    const where = "the plan of the session";
    const given = typeof options.plan === "string" ? readPlan(options.plan, where) : options.plan;
    if (given) checkPlan(given, where);
    const imported = importModel({ ...source, limits: options.limits ?? source.limits });
    if (given) checkModel(given, imported, where);
    const planAt = (at: Shapes | null): Plan | null => planFor(imported, options, given, at);
    // Options that cannot be are refused before anything is made of them.
    const plan = planAt(null);
    const operands = operandsFor(options, given);
    const { executor, dispose } = await executorOn(options.executionProviders, options);
    try {
      const session = new Inference(imported, withPauses(executor), dispose, operands, planAt, plan);
      // A plan that misses a site is refused now rather than at the first run, where the model tells its sizes.
      const shapes = imported.inputs.map((id) => imported.values.get(id)?.type?.shape);
      if (plan && shapes.every((dims) => dims?.every((d) => typeof d === "number")))
        await session.sessionFor(null);
      return session;
    } catch (error) {
      dispose();
      throw error;
    }
  }

  /** Runs the model on inputs by name; any batch where the model's is symbolic. */
  async run(feeds: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>> {
    const sample = new Map(Object.entries(feeds).map(([name, t]) => [name, t.toIr()]));
    const session = await this.sessionFor(sample);
    const outputs = await session.run(sample);
    this.current = session;
    return Object.fromEntries([...outputs].map(([name, t]) => [name, Tensor.fromIr(t)]));
  }

  /** The plan in force; null for the exact reference. Without a plan that was given, it is for the inputs seen last. */
  get plan(): Plan | null {
    return this.inForce;
  }

  /** What each site really did in the last run: the proof that the plan was carried out. */
  get executed(): readonly ExecutedSite[] {
    return this.current?.executed ?? [];
  }

  async release(): Promise<void> {
    this.released = true;
    for (const session of this.sessions.values()) (await session).dispose();
    this.sessions.clear();
    this.stop();
  }

  private sessionFor(sample: Sample | null): Promise<Session> {
    if (this.released) {
      throw new RuntimeError("released", {
        what: "The session has been released",
        where: "a run",
        next: "create a session again",
      });
    }
    const known = new Map([...(sample ?? [])].filter(([name]) => this.inputNames.includes(name)));
    const key = JSON.stringify([...known].map(([name, t]) => [name, t.dims]));
    let session = this.sessions.get(key);
    if (!session) {
      const graph = prepareGraph(this.imported, known, this.operands);
      const plan = this.planAt(known);
      this.plans.set(key, plan);
      session = this.executor.prepare(graph, plan ?? "reference");
      this.sessions.set(key, session);
    }
    this.inForce = this.plans.get(key) ?? null;
    return session;
  }
}

/** The class of sessions for a platform that reads models its own way. */
export interface SessionFactory {
  create(model: string | Uint8Array | ArrayBufferLike, options?: SessionOptions): Promise<Inference>;
}

export function sessionFactory(
  readModel: ReadModel,
  workers: () => WorkerHost,
  gpu?: OpenGpu,
): SessionFactory {
  return {
    async create(model, given = {}) {
      const options = { ...given, workers: given.workers ?? workers(), gpu: given.gpu ?? gpu };
      if (typeof model !== "string") {
        const bytes = model instanceof Uint8Array ? model : new Uint8Array(model);
        return Inference.open(
          { bytes, name: options.name ?? "model", externalData: options.externalData },
          options,
        );
      }
      const source = await readModel(model, options.limits);
      return Inference.open(
        { ...source, externalData: options.externalData ?? source.externalData },
        options,
      );
    },
  };
}
