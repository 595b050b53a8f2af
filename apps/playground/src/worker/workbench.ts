// The page's verbs on one model at a time: opens it, calibrates, measures, runs. Cuts are made in a worker of their own.
import { quantile, type Profile } from "@mpplan/ir";
import { calibrateModel, openPlanner, tool, UsageError } from "mpplan";
import type {
  BackendName,
  BackendView,
  Cut,
  DocumentKind,
  DocumentView,
  FrontVerbs,
  KappaKind,
  Measured,
  ModelView,
  ProfileView,
  RunInput,
  RunView,
  Source,
  Told,
} from "../protocol.js";
import type { Backends } from "./backends.js";
import { Chart } from "./chart.js";
import { makeDocument } from "./documents.js";
import { openSource, seed } from "./open.js";
import { openRuns, type Runs } from "./run.js";
import type { Opened, Planned } from "./state.js";

export class Workbench {
  private opened: Opened | null = null;
  private planned: (Planned & { readonly chart: Chart }) | null = null;
  private runs: Runs | null = null;
  private job = new AbortController();
  private measuring = new AbortController();

  constructor(
    private readonly backends: Backends,
    private readonly fronts: FrontVerbs,
    private readonly tell: (told: Told) => void,
  ) {}

  cancel(): void {
    this.job.abort();
  }

  rest(): void {
    this.measuring.abort();
  }

  use(backend: BackendName): Promise<BackendView> {
    return this.backends.use(backend);
  }

  async open(source: Source): Promise<ModelView> {
    this.cancel();
    this.rest();
    const opened = await openSource(source, this.backends);
    this.runs?.dispose();
    this.planned = null;
    await this.fronts.forget();
    this.opened = opened;
    this.runs = openRuns(opened);
    return opened.view;
  }

  async calibrate(): Promise<ProfileView> {
    const opened = this.need();
    const { graph, samples, options, precision, parts } = opened;
    const { signal } = (this.job = new AbortController());
    const told = {
      ...options,
      signal,
      onProgress: (stage: string, done: number, total: number) =>
        this.tell({ kind: "progress", stage, done, total }),
    };
    this.planned = null;
    const profile = await calibrateModel(graph, samples, told);
    const { accumulators, costs, preset } = precision;
    const planOptions = { accumulators, costs, preset, seed, tool };
    const least = await this.fronts.adopt(profile, planOptions);
    const planned = { profile, planOptions, planner: openPlanner({ graph, profile }, samples, options) };
    this.planned = { ...planned, chart: new Chart(opened, planned) };
    const { samples: measured } = profile.data;
    return { measured, wanted: parts.build.count, least, kappa: kappaOf(profile) };
  }

  async chart(): Promise<void> {
    const { chart } = this.needPlanned();
    const { signal } = (this.job = new AbortController());
    await chart.measure(signal, this.tell);
  }

  async measure(cut: Cut): Promise<Measured | null> {
    this.rest();
    const { signal } = (this.measuring = new AbortController());
    const { meter } = this.need();
    const plan = await this.fronts.plan(cut);
    return this.backends.run((executor, on) => meter.measure(plan, executor, on, signal));
  }

  async run(input: RunInput, cut: Cut | null): Promise<RunView> {
    this.need();
    const present = this.planned && cut && { ...cut, plan: await this.fronts.plan(cut) };
    return this.runs!.run(input, present, this.planned?.chart.tried ?? []);
  }

  async document(kind: DocumentKind, cut: Cut): Promise<DocumentView> {
    const planned = this.needPlanned();
    const { signal } = (this.job = new AbortController());
    const plan = await this.fronts.plan(cut);
    return makeDocument(kind, plan, { ...this.need(), ...planned, rows: planned.chart.rows, signal });
  }

  private need(): Opened {
    if (this.opened) return this.opened;
    throw new UsageError("no-plan", {
      what: "No model is open",
      where: "this page",
      next: "choose the digit model, or drop an ONNX file",
    });
  }

  private needPlanned(): Planned & { readonly chart: Chart } {
    if (this.planned) return this.planned;
    throw new UsageError("no-plan", {
      what: "Nothing has been measured yet",
      where: "this page",
      next: "start the measurement first",
    });
  }
}

function kappaOf(profile: Profile): ProfileView["kappa"] {
  const medians = (kind: KappaKind): Float32Array[] =>
    profile.sites.map(({ neurons }) => Float32Array.from(neurons, (neuron) => quantile(neuron[kind], 0.5)));
  return {
    kappaV: medians("kappaV"),
    kappaPhiKappaV: medians("kappaPhiKappaV"),
    kappaPrime: medians("kappaPrime"),
  };
}
