// @mpplan/runtime-cpu: a fast backend for the executor of @mpplan/runtime, bit-equal to its reference backend.
export { createCpuBackend, type CpuOptions } from "./backend.js";
