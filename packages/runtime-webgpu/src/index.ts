export { createWebGpuBackend, type WebGpuBackend, type WebGpuOptions } from "./backend.js";
export type { AdapterFacts, DeviceOptions } from "./device.js";
export { WebGpuError, type WebGpuErrorCode } from "./errors.js";
export { probeWebGpu, type DeviceProbe } from "./probe-device.js";
