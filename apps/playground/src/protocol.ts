// What the page and its workers say to each other: the verbs of each, what they are given, and events. To the page only
// small views cross over: see views.ts.
import type { Plan, Profile } from "@mpplan/ir";
import type { PlanOptions } from "@mpplan/planner";
import type {
  BackendName,
  BackendView,
  Cut,
  CutView,
  DeviceView,
  DocumentView,
  ErrorView,
  Measured,
  MeasuredRow,
  ModelView,
  ProfileView,
  RunView,
} from "./views.js";

export * from "./views.js";

/** The verbs of the worker that computes: the page calls them by name and gets a promise. */
export interface Verbs {
  /** Reads a model and its samples, lays the graph out, and forgets the model before it; what is refused changes nothing. */
  open(source: Source): Promise<ModelView>;
  /** Has this backend run plans and inputs from now on. Where it cannot, the one before it stays. */
  use(backend: BackendName): Promise<BackendView>;
  /** Calibrates; told by `progress` events, ended early by `cancel`. */
  calibrate(): Promise<ProfileView>;
  /** Measures the chart's plans that this backend has not measured yet; every row comes as a `row` event. */
  chart(): Promise<void>;
  /** Runs that cut on the evaluation samples. A later measurement ends it, and so does `rest`: null. */
  measure(cut: Cut): Promise<Measured | null>;
  rest(): Promise<void>;
  /** Runs one input in every mode that there is a plan for. */
  run(input: RunInput, cut: Cut | null): Promise<RunView>;
  document(kind: DocumentKind, cut: Cut): Promise<DocumentView>;
  device(): Promise<DeviceView>;
  /** How the GPU accumulates: facts, and what was seen. */
  probe(): Promise<readonly (readonly [fact: string, seen: string])[]>;
  /** Ends what is going on as soon as the next run is over. */
  cancel(): Promise<void>;
  /** Where the worker that cuts is spoken to. */
  join(port: MessagePort): Promise<void>;
}

/** The verbs of the worker that cuts: it runs nothing, so that the knob never waits for a run. */
export interface CutVerbs {
  /** A cut through the fronts that are there. */
  view(cut: Cut): Promise<CutView>;
  /** Where the worker that computes is listened to. */
  join(port: MessagePort): Promise<void>;
}

/** What the worker that computes asks of the one that cuts. */
export interface FrontVerbs {
  /** Makes the fronts of a profile, which crosses over once, and tells the cheapest cost of each kind. */
  adopt(profile: Profile, options: PlanOptions): Promise<ProfileView["least"]>;
  plan(cut: Cut): Promise<Plan>;
  forget(): Promise<void>;
}

export interface Source {
  /** Null: the bundled digit model and its samples. */
  readonly model: File | null;
  /** Sample files of any supported format, or images, and weights that the model keeps in files of their own. No samples:
   * random data. */
  readonly data: readonly File[];
  /** As typed: numbers or fractions, several separated by commas; empty for none. */
  readonly scale: string;
  readonly mean: string;
  readonly std: string;
  readonly preset: string;
}

export type RunInput =
  | { readonly kind: "drawing"; readonly pixels: Uint8Array }
  | { readonly kind: "sample"; readonly index: number };

export type DocumentKind = "plan" | "report" | "comparison" | "profile";

export type Told =
  | { readonly kind: "ready"; readonly presets: readonly string[] }
  /** The GPU failed, and the cpu took over. */
  | { readonly kind: "fallback"; readonly backend: BackendView; readonly problem: ErrorView }
  | { readonly kind: "progress"; readonly stage: string; readonly done: number; readonly total: number }
  | { readonly kind: "row"; readonly row: MeasuredRow; readonly done: number; readonly total: number };
