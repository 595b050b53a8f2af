// What the worker knows at each stage: a model and its samples, then what calibration made of them.
import type { ComparisonRow, Graph, Plan, Profile, Samples, Split } from "@mpplan/ir";
import type { Executor } from "@mpplan/runtime";
import type { OpenedModel, Planner, Precision, Preprocess } from "mpplan";
import type { Measured, ModelView } from "../protocol.js";
import type { Fronts } from "./cuts.js";
import type { Meter } from "./measure.js";

/** How the samples are split and what the sums are summed in: the same for all stages. */
export interface StageOptions {
  readonly preset: string;
  readonly samples: number;
  readonly evaluate: number;
  readonly seed: number;
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
  readonly executor: Executor;
  readonly meter: Meter;
  readonly view: ModelView;
}

export interface Planned {
  readonly profile: Profile;
  readonly fronts: Fronts;
  readonly planner: Planner;
}

/** A plan that was run on the evaluation samples. */
export interface Tried {
  readonly row: ComparisonRow;
  readonly plan: Plan;
  readonly measured: Measured;
}
