// @mpplan/runtime-cpu: a fast backend for the executor of @mpplan/runtime, bit-equal to its reference backend.
export { createCpuBackend, type CpuBackend, type CpuOptions } from "./backend.js";
export { chooseThreads, type ThreadsChosen, type ThreadsWanted } from "./threads/choose.js";
export { mostThreads } from "./threads/protocol.js";
export { browserWorkers, type WorkerHandle, type WorkerHost } from "./threads/host.js";
