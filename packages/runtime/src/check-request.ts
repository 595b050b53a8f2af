// Refuses, before anything is computed, plans and feeds that do not fit the graph.
import {
  checkAccumulator,
  isFloat,
  isTensor,
  isTensorType,
  printOperands,
  printValueType,
  sizeOf,
  valueOf,
  type Decision,
  type Graph,
  type Plan,
  type RuntimeValue,
  type SumSite,
  type ValueSite,
  type ValueType,
} from "@mpplan/ir";
import { RuntimeError } from "./errors.js";
import type { ValueMap } from "./executor.js";

export function checkPlan(graph: Graph, plan: Plan): void {
  if (plan.model.digest !== graph.digest) {
    throw new RuntimeError("wrong-model", {
      what: `The plan is for another model: "${plan.model.name}", ${plan.model.digest}`,
      where: `the plan against the model "${graph.name}", ${graph.digest}`,
      next: "make a plan for this model with mpplan compile",
    });
  }
  const { weights, activations } = graph.operands;
  if (plan.operands.weights !== weights || plan.operands.activations !== activations) {
    throw new RuntimeError("wrong-operands", {
      what: `The plan wants ${printOperands(plan.operands)}; the graph has ${printOperands(graph.operands)}`,
      where: `graph "${graph.name}"`,
      next: "apply quantizeOperands(graph, plan.operands) to the imported graph first",
    });
  }
  plan.accumulators.forEach(checkAccumulator);
}

/** A decision over a sum that the graph does not have, or whose shape it does not know, would be left undone. */
export function checkAllDecided(plan: Plan, sites: ReadonlySet<string>): void {
  const stray = plan.decisions.find((decision) => !sites.has(decision.site));
  if (!stray) return;
  throw new RuntimeError("wrong-plan", {
    what: "The plan decides over a sum that the graph does not have, or not with known shapes",
    where: `site "${stray.site}"`,
    next: "bind the dims of the inputs first (bindDims), or make the plan again with mpplan compile",
  });
}

export function decisionFor(
  site: Pick<SumSite, "id" | "neurons">,
  decisions: ReadonlyMap<string, Decision>,
  accumulators: number,
): Decision {
  const decision = decisions.get(site.id);
  let next = 0;
  for (const range of decision?.ranges ?? []) {
    if (range.start !== next || range.end <= range.start) break;
    next = range.end;
  }
  const used = decision?.ranges.flatMap(({ choice }) =>
    choice.mode === "static" ? [choice.use] : [choice.low, choice.high],
  );
  const missing = used?.find((id) => id >= accumulators);
  if (missing !== undefined) {
    throw new RuntimeError("wrong-plan", {
      what: `The plan uses its accumulator ${missing}, but has only ${accumulators}`,
      where: `site "${site.id}"`,
      next: "make the plan again with mpplan compile",
    });
  }
  if (decision && decision.neurons === site.neurons && next === site.neurons) {
    decision.ranges.forEach((range) => checkThresholds(site, range));
    return decision;
  }
  throw new RuntimeError("wrong-plan", {
    what: decision
      ? `The plan's ranges do not cover the ${site.neurons} neurons one after another`
      : "The plan says nothing about this sum",
    where: `site "${site.id}"`,
    next: "make the plan again with mpplan compile",
  });
}

/**
 * What the plan decides over value sums; null where it does not speak of them, which leaves them exact.
 * @throws RuntimeError `wrong-plan`: value sums are static.
 */
export function valueDecisionFor(
  site: ValueSite,
  decisions: ReadonlyMap<string, Decision>,
  accumulators: number,
): Decision | null {
  const decision = decisions.get(site.id);
  if (!decision) return null;
  const dynamic = decision.ranges.some(({ choice }) => choice.mode === "dynamic");
  if (dynamic || decision.term !== "value") {
    throw new RuntimeError("wrong-plan", {
      what: dynamic
        ? "The plan makes a dynamic choice of a sum of plain values, which no run-time test speaks of"
        : "The plan takes a sum of plain values for one of products",
      where: `site "${site.id}"`,
      next: 'give its neurons static choices and its decision the term "value", or make the plan again with mpplan compile',
    });
  }
  return decisionFor(site, decisions, accumulators);
}

function checkThresholds(
  site: Pick<SumSite, "id">,
  { start, end, choice }: Decision["ranges"][number],
): void {
  if (choice.mode !== "dynamic" || choice.test.rule !== "contribution") return;
  const { thresholds } = choice.test;
  if (thresholds.length === end - start && thresholds.every(Number.isFinite)) return;
  throw new RuntimeError("wrong-plan", {
    what: `The contribution test of the neurons ${start} to ${end - 1} needs ${end - start} finite thresholds, but has ${thresholds.filter(Number.isFinite).length}`,
    where: `site "${site.id}"`,
    next: "make the plan again with mpplan compile",
  });
}

export function checkFeeds(graph: Graph, feeds: ValueMap): void {
  for (const id of feeds.keys()) {
    if (graph.inputs.includes(id)) continue;
    throw new RuntimeError("unknown-feed", {
      what: `The model has no input "${id}"`,
      where: `the feeds of a run of "${graph.name}"`,
      next: `feed these inputs: ${graph.inputs.join(", ")}`,
    });
  }
  for (const id of graph.inputs) {
    const { type, container } = valueOf(graph, id);
    const value = feeds.get(id);
    const wrong = (what: string): RuntimeError =>
      new RuntimeError(value ? "wrong-feed" : "missing-feed", {
        what,
        where: `input "${id}", which is ${printValueType(container ?? type)}`,
        next: "feed a tensor of that type and shape",
      });
    if (!value) throw wrong(`The input "${id}" was not fed`);
    if (!isTensor(value)) {
      if (!container || !holds(container, value)) throw wrong(`The value is a ${value.kind}`);
      continue;
    }
    if (container && !holds(container, value)) throw wrong("The value is a tensor");
    if (sizeOf(value.dims) !== value.data.length)
      throw wrong(`The tensor has ${value.data.length} elements, its dims say ${sizeOf(value.dims)}`);
    if (type && type.elem !== value.elem && !(isFloat(type.elem) && isFloat(value.elem))) {
      throw wrong(`The tensor is ${value.elem}`);
    }
    const shape = type?.shape;
    if (
      shape &&
      (shape.length !== value.dims.length ||
        shape.some((dim, i) => typeof dim === "number" && dim !== value.dims[i]))
    ) {
      throw wrong(`The tensor has dims [${value.dims.join(", ")}]`);
    }
  }
}

/** Whether a value is of that kind. What is in it, the operators check that read it. */
function holds(type: ValueType, value: RuntimeValue): boolean {
  if (isTensorType(type)) return isTensor(value);
  if (type.kind === "optional") return ("kind" in value && value.kind === "absent") || holds(type.of, value);
  return !isTensor(value) && value.kind === type.kind;
}
