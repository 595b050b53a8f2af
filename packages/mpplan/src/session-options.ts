// What a session is asked to carry out: its options, the plan and the operands they mean, and what they exclude.
import { formatNamed } from "@mpplan/formats";
import { checkAccumulator, type Graph, type Operands, type Plan, type Profile } from "@mpplan/ir";
import type { ExternalData, ImportLimits } from "@mpplan/onnx";
import { blankProfile, dynamicPlan, ruleNamed, uniformPlan } from "@mpplan/planner";
import type { ThreadOptions } from "./backends.js";
import { UsageError } from "./errors.js";
import { checkDecision } from "./make-plan.js";
import { planOptionsOf } from "./work.js";
import { prepareGraph, type Shapes } from "./prepare-graph.js";
import { resolveCosts, resolvePrecision, type Precision, type PrecisionOptions } from "./settings.js";
import { tool } from "./version.js";

export type ExecutionMode = "static" | "dynamic" | "hybrid" | "uniform" | "reference";

export interface SessionOptions extends PrecisionOptions, ThreadOptions {
  /**
   * Backends in order of preference: "cpu" (default) and "reference" give the same bits; "webgpu" gives them in every
   * sum, and differs by rounding between sums. What one cannot do goes to the next.
   */
  readonly executionProviders?: readonly string[] | undefined;
  /** A plan, or the text of one. */
  readonly plan?: Plan | string | undefined;
  /**
   * Default: the plan's own mode; `reference` without a plan, which is the model as it stands unless a preset or
   * formats of operands are named.
   */
  readonly mode?: ExecutionMode | undefined;
  /** For `uniform` without a plan: the format of every sum, any there is; default the preset's high one. */
  readonly format?: string | undefined;
  /** For `dynamic` without a plan: the rule and its tau. */
  readonly rule?: string | undefined;
  readonly tau?: number | undefined;
  readonly seed?: number | undefined;
  /**
   * `exact` emulates the plan's accumulators bit by bit; `floor` carries each sum out with at least their precision, in
   * the backend's own arithmetic where it has one, as webgpu does, and `executed` says in which. Default: the plan's own.
   */
  readonly semantics?: Plan["semantics"] | undefined;
  /** Reads weights that are kept beside the model. */
  readonly externalData?: ExternalData | undefined;
  /** How large the model may be. */
  readonly limits?: Partial<ImportLimits> | undefined;
  readonly name?: string | undefined;
}

export function modeOf(options: SessionOptions, plan: Plan | undefined): ExecutionMode {
  return options.mode ?? plan?.mode ?? "reference";
}

/** The plan to carry out on inputs of these dims, as far as they are told; null for the exact reference. */
export function planFor(
  imported: Graph,
  options: SessionOptions,
  given: Plan | undefined,
  shapes: Shapes | null = null,
): Plan | null {
  const mode = modeOf(options, given);
  refuseIgnored(options, given, mode);
  if (mode === "reference") return null;
  const plan = planOfMode(imported, options, given, mode, shapes);
  return options.semantics === undefined ? plan : { ...plan, semantics: options.semantics };
}

function planOfMode(
  imported: Graph,
  options: SessionOptions,
  given: Plan | undefined,
  mode: Exclude<ExecutionMode, "reference">,
  shapes: Shapes | null,
): Plan {
  if (given) {
    if (given.mode === mode) return given;
    throw new UsageError("mode-mismatch", {
      what: `The plan is ${given.mode}, but ${mode} is asked for`,
      where: "the mode of the session",
      next: `leave the mode out, or make a ${mode} plan`,
    });
  }
  if (mode === "uniform") return uniformPlanFor(imported, options, shapes);
  if (mode === "dynamic" && options.tau !== undefined) {
    const precision = resolvePrecision(options);
    const rule = ruleNamed(options.rule ?? "kappa");
    checkDecision({ rule: rule.name, budget: { kind: "tau", value: options.tau } }, precision);
    const profile = blankProfileFor(imported, precision, shapes);
    return dynamicPlan(profile, rule, options.tau, planOptionsOf(profile, precision, { seed: options.seed }));
  }
  throw new UsageError("no-plan", {
    what: `A ${mode} run needs a plan`,
    where: "the options of the session",
    next: mode === "dynamic" ? "give a plan, or a rule and its tau" : "give a plan that mpplan compile wrote",
  });
}

/** A format outside the ladder is summed the way the low one is, and priced against the high one. */
function uniformPlanFor(imported: Graph, options: SessionOptions, shapes: Shapes | null): Plan {
  const base = resolvePrecision({ ...options, costs: undefined });
  const [low, high] = [base.accumulators[0]!, base.accumulators.at(-1)!];
  const format = options.format === undefined ? high.format : formatNamed(options.format).name;
  const known = base.accumulators.some((a) => a.format === format);
  const accumulators = known ? base.accumulators : [checkAccumulator({ ...low, format }), high];
  const precision = { ...base, accumulators, costs: resolveCosts(accumulators, options.costs) };
  const profile = blankProfileFor(imported, precision, shapes);
  const use = accumulators.findIndex((a) => a.format === format);
  const planOptions = planOptionsOf(profile, precision, { seed: options.seed });
  // Who asks for more than the high format does not want it in the products alone.
  const finer = formatNamed(format).precision > formatNamed(high.format).precision;
  return uniformPlan(profile, use, { ...planOptions, values: finer ? accumulators[use] : high });
}

function blankProfileFor(
  imported: Graph,
  { accumulators, operands }: Precision,
  shapes: Shapes | null,
): Profile {
  return blankProfile(prepareGraph(imported, shapes, operands), accumulators, tool);
}

/** The reference of a plan casts what the plan casts; without any wish it is the model as it stands. */
export function operandsFor(options: SessionOptions, given: Plan | undefined): Operands {
  if (given) return given.operands;
  const untouched = modeOf(options, given) === "reference" && options.preset === undefined;
  return resolvePrecision({
    ...options,
    ...(untouched && {
      weightsFormat: options.weightsFormat ?? "none",
      activationsFormat: options.activationsFormat ?? "none",
    }),
  }).operands;
}

const operandOptions = ["preset", "weightsFormat", "activationsFormat"] as const;
const accumulatorOptions = [
  "low",
  "high",
  "formats",
  "order",
  "product",
  "rounding",
  "overflow",
  "costs",
  "seed",
] as const;
const choiceOptions = ["format", "rule", "tau"] as const;
/** What the exact reference has no use for. */
const exactOnly = ["semantics"] as const;

/** Nothing asked for is dropped in silence: an option that could have no effect is refused. */
function refuseIgnored(options: SessionOptions, plan: Plan | undefined, mode: ExecutionMode): void {
  const without: readonly (keyof SessionOptions)[] = plan
    ? [...operandOptions, ...accumulatorOptions, ...choiceOptions, ...(mode === "reference" ? exactOnly : [])]
    : mode === "reference"
      ? [...accumulatorOptions, ...choiceOptions, ...exactOnly]
      : mode === "uniform"
        ? ["rule", "tau"]
        : ["format"];
  const given = without.filter((name) => options[name] !== undefined);
  if (given.length === 0) return;
  const flags = given.map((name) => `--${name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`);
  const names = flags.join(", ").replace("--costs", "--cost");
  throw new UsageError("conflicting-options", {
    what:
      plan && mode !== "reference"
        ? `A plan fixes its accumulators, so ${names} would have no effect`
        : `In ${mode} mode ${names} would have no effect`,
    where: "the choice of what to run",
    next: plan ? "leave them out, or run without a plan" : "leave them out, or choose another mode",
  });
}
