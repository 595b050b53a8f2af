// Plans and profiles from text, with what their schemas cannot say: that names exist and indices lead somewhere.
import { formatNamed, MpplanError } from "@mpplan/formats";
import {
  activationNamed,
  checkAccumulator,
  IrError,
  parsePlan,
  parseProfile,
  type Accumulator,
  type Choice,
  type Decision,
  type Graph,
  type Operands,
  type Plan,
  type Profile,
} from "@mpplan/ir";

/** @throws IrError `not-json`, `wrong-document`. */
export function readPlan(text: string, where: string): Plan {
  return checkPlan(parsePlan(text, where), where);
}

/** @throws IrError `not-json`, `wrong-document`. */
export function readProfile(text: string, where: string): Profile {
  const profile = parseProfile(text, where);
  checkNames(profile, "a profile", where);
  for (const site of profile.sites) {
    if (activationNamed(site.activation) && activationNamed(site.kappaActivation)) continue;
    throw wrong("a profile", `site "${site.site}" names no activation that mpplan knows`, where);
  }
  return profile;
}

/** @throws IrError `wrong-document` for a plan that no executor could carry out. */
export function checkPlan(plan: Plan, where: string): Plan {
  checkNames(plan, "a plan", where);
  const unpriced = plan.accumulators.find(({ format }) => plan.costs[format] === undefined);
  if (unpriced) throw wrong("a plan", `it has no cost for ${unpriced.format}`, where);
  for (const decision of plan.decisions) {
    const fault = faultOf(decision, plan.accumulators.length);
    if (fault) throw wrong("a plan", `site "${decision.site}" ${fault}`, where);
  }
  return plan;
}

/** @throws IrError `wrong-model` for a document that speaks of another model. */
export function checkModel(document: Plan | Profile, graph: Graph, where: string): void {
  if (document.model.digest === graph.digest) return;
  const kind = document.kind === "mpplan-plan" ? "plan" : "profile";
  throw new IrError("wrong-model", {
    what: `The ${kind} is of another model: "${document.model.name}", ${document.model.digest}`,
    where: `${where} against "${graph.name}", ${graph.digest}`,
    next:
      kind === "plan"
        ? "make a plan for this model with mpplan compile, or name the model that the plan is of"
        : "calibrate this model, or name the model that the profile is of",
  });
}

function checkNames(
  { accumulators, operands }: { accumulators: readonly Accumulator[]; operands: Operands },
  what: string,
  where: string,
): void {
  try {
    accumulators.forEach(checkAccumulator);
    for (const format of [operands.weights, operands.activations]) if (format !== null) formatNamed(format);
  } catch (error) {
    if (error instanceof MpplanError) throw wrong(what, error.what, where);
    throw error;
  }
}

function faultOf({ ranges, neurons }: Decision, accumulators: number): string | null {
  let next = 0;
  for (const { start, end, choice } of ranges) {
    if (start !== next || end <= start) break;
    next = end;
    if (idsOf(choice).some((id) => id >= accumulators))
      return `uses an accumulator beyond the ${accumulators} there are`;
    if (choice.mode === "dynamic" && "activation" in choice.test && !activationNamed(choice.test.activation))
      return `names the activation "${choice.test.activation}", which there is not`;
  }
  return next === neurons ? null : `has ranges that do not cover its ${neurons} neurons one after another`;
}

function idsOf(choice: Choice): number[] {
  return choice.mode === "static" ? [choice.use] : [choice.low, choice.high];
}

function wrong(kind: string, what: string, where: string): IrError {
  return new IrError("wrong-document", {
    what: `This is not ${kind} that can be used: ${what}`,
    where,
    next: `give ${kind} that this version of mpplan wrote`,
  });
}
