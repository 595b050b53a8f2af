// Opens a device with all the limits that its adapter offers, and remembers what went wrong on it.
import { WebGpuError } from "./errors.js";

export interface DeviceOptions {
  /** Where to look for adapters: `navigator.gpu` by default, in Node what `nodeGpu()` of @mpplan/runtime-webgpu/node gives. */
  readonly gpu?: GPU;
  readonly powerPreference?: GPUPowerPreference;
}

/** What the adapter says of itself. */
export interface AdapterFacts {
  readonly vendor: string;
  readonly architecture: string;
  readonly description: string;
  readonly halves: boolean;
  /** True where the platform says that it is not a GPU, but software in its place. */
  readonly software: boolean;
}

/** Limits that every adapter has, and that are asked for in full where there is more. */
const wanted = ["maxBufferSize", "maxStorageBufferBindingSize"] as const;

export class Device {
  private failure: WebGpuError | null = null;
  /** Rejects nothing, resolves when the device is gone. */
  readonly lost: Promise<void>;

  private constructor(
    readonly gpu: GPUDevice,
    readonly adapter: AdapterFacts,
    /** Kept because a collected instance takes its devices along: the object that `create()` of npm webgpu returns. */
    readonly instance: GPU,
  ) {
    this.lost = gpu.lost.then(({ reason, message }) => {
      this.fail("device-lost", `The GPU device was lost (${reason}): ${message}`, "create the backend again");
    });
    gpu.onuncapturederror = ({ error }) => {
      const full = /memory/i.test(error.constructor.name) || /out of memory/i.test(error.message);
      if (full) {
        this.fail(
          "gpu-out-of-memory",
          `The GPU is out of memory: ${error.message}`,
          "feed fewer samples at a time",
        );
      } else {
        this.fail(
          "gpu-fault",
          `The GPU refused a command: ${error.message}`,
          "use another backend, and report this",
        );
      }
    };
  }

  /** @throws WebGpuError `no-webgpu`, `no-adapter`, `no-device`. */
  static async open(options: DeviceOptions): Promise<Device> {
    const gpu = options.gpu ?? (globalThis.navigator as Navigator | undefined)?.gpu;
    if (!gpu) {
      throw new WebGpuError("no-webgpu", {
        what: "This platform has no WebGPU",
        where: "navigator.gpu",
        next: "in Node, install the package webgpu and pass nodeGpu(); in a browser, use one with WebGPU over https",
      });
    }
    const { powerPreference } = options;
    const adapter = await gpu.requestAdapter(powerPreference ? { powerPreference } : {});
    if (!adapter) {
      throw new WebGpuError("no-adapter", {
        what: "WebGPU finds no adapter",
        where: "requestAdapter()",
        next: "check the GPU's driver (on Linux, Vulkan and its VK_DRIVER_FILES), or use the cpu backend",
      });
    }
    const halves = adapter.features.has("shader-f16");
    const { vendor, architecture, description, isFallbackAdapter: software } = adapter.info;
    try {
      const device = await adapter.requestDevice({
        requiredFeatures: halves ? ["shader-f16"] : [],
        requiredLimits: Object.fromEntries(wanted.map((name) => [name, adapter.limits[name]])),
      });
      return new Device(device, { vendor, architecture, description, halves, software }, gpu);
    } catch (error) {
      throw new WebGpuError("no-device", {
        what: `The adapter gives no device: ${String(error)}`,
        where: `adapter ${vendor} ${architecture}`,
        next: "use another adapter, or the cpu backend",
      });
    }
  }

  /** @throws WebGpuError what went wrong on the device, if something did. */
  check(): void {
    if (this.failure) throw this.failure;
  }

  /** The largest tensor in bytes. */
  get largest(): number {
    const { maxBufferSize, maxStorageBufferBindingSize } = this.gpu.limits;
    return Math.min(maxBufferSize, maxStorageBufferBindingSize);
  }

  destroy(): void {
    this.gpu.destroy();
  }

  private fail(code: "device-lost" | "gpu-out-of-memory" | "gpu-fault", what: string, next: string): void {
    const { vendor, architecture } = this.adapter;
    this.failure ??= new WebGpuError(code, { what, where: `adapter ${vendor} ${architecture}`, next });
  }
}
