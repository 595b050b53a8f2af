export * from "./kernel-suite.js";
export * from "./sums.js";
