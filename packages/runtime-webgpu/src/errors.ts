// The errors of this package.
import { MpplanError } from "@mpplan/formats";

export type WebGpuErrorCode =
  | "no-webgpu" // the platform has no WebGPU
  | "no-adapter" // WebGPU is there, but no adapter answers
  | "no-device" // the adapter gives no device
  | "device-lost" // the device went away: driver reset, GPU removed, or destroyed
  | "gpu-out-of-memory" // a buffer that the device has no room for
  | "too-large" // a tensor beyond the largest buffer that the device binds
  | "gpu-fault"; // the device refused a command or a shader

/** A device that is not there, or not able. */
export class WebGpuError extends MpplanError<WebGpuErrorCode> {
  override readonly name = "WebGpuError";
}
