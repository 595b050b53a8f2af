export * from "./calibrate.js";
export * from "./errors.js";
export * from "./evaluate.js";
export * from "./gradients/sensitivities.js";
export { ExactAdder } from "./exact-sum.js";
export { LogCounter } from "./log-histogram.js";
export * from "./metrics.js";
