export * from "./errors.js";
export * from "./fit.js";
export * from "./plan-front.js";
export { blankProfile, dynamicPlan, uniformPlan, type PlanOptions } from "./plans.js";
export * from "./policies/index.js";
export type { Claim, Policy, PolicyContext } from "./policies/policy.js";
export * from "./refine.js";
export * from "./rules/index.js";
export { expectedFraction, type Rule } from "./rules/rule.js";
