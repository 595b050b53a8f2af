// What the worker knows at each stage: a model and its samples, then what calibration made of them.
import type { Graph, Plan, Profile, Samples, Split } from "@mpplan/ir";
import type { PlanOptions } from "@mpplan/planner";
import type { Executor } from "@mpplan/runtime";
import type { OpenedModel, Planner, Precision, Preprocess } from "mpplan";
import type { Measured, MeasuredRow, ModelView } from "../protocol.js";
import type { Backends } from "./backends.js";
import type { Meter } from "./measure.js";

/** How the samples are split and what the sums are summed in: the same for all stages. */
export interface StageOptions {
  readonly preset: string;
  readonly samples: number;
  readonly evaluate: number;
  readonly seed: number;
  /** The cpu's: profiles and plans do not depend on the choice of a backend. */
  readonly executor: Executor;
}

export interface Opened {
  readonly name: string;
  readonly model: OpenedModel;
  readonly graph: Graph;
  readonly samples: Samples;
  readonly parts: Split;
  readonly precision: Precision;
  readonly preprocess: Preprocess;
  readonly notes: readonly string[];
  readonly options: StageOptions;
  readonly backends: Backends;
  readonly meter: Meter;
  readonly view: ModelView;
}

export interface Planned {
  readonly profile: Profile;
  readonly planOptions: PlanOptions;
  readonly planner: Planner;
}

/** A plan that was run on the evaluation samples. */
export interface Tried {
  readonly row: MeasuredRow;
  readonly plan: Plan;
  readonly measured: Measured;
}
