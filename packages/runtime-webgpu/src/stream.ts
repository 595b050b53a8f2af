// Commands recorded one after another, and submitted when someone wants to read: one submit per run where nothing in
// between has to be known on the host.
import type { Device } from "./device.js";
import { Pool, usage } from "./pool.js";
import { wgslOf, workgroup, type Shader } from "./shader.js";

/** A buffer, or a part from its start. */
export interface Bound {
  readonly buffer: GPUBuffer;
  readonly bytes: number;
}

/** How many elements: a number, or workgroups that a buffer holds. */
export type Extent = number | { readonly indirect: GPUBuffer };

interface Compiled {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
}

const compute = 4; // GPUShaderStage.COMPUTE
const mapMode = 1; // GPUMapMode.READ
/** Uniform buffers kept, by contents; beyond it all are made anew. */
const mostParams = 4096;

export class Stream {
  readonly pool: Pool;
  private encoder: GPUCommandEncoder | null = null;
  private pass: GPUComputePassEncoder | null = null;
  private readonly pipelines = new Map<string, Compiled>();
  private params = new Map<string, GPUBuffer>();
  /** For tests and for whoever counts: how often commands were submitted, dispatched, compiled. */
  readonly counts = { submits: 0, dispatches: 0, pipelines: 0 };

  constructor(readonly device: Device) {
    this.pool = new Pool(device);
  }

  /** Records one dispatch. `params` are in the shader's order, without the count. */
  dispatch(shader: Shader, bound: readonly Bound[], params: readonly number[], extent: Extent): void {
    if (extent === 0) return;
    const { gpu } = this.device;
    const { pipeline, layout } = this.compiled(shader);
    const count = typeof extent === "number" ? extent : 0;
    const uniform = this.paramsBuffer([count, ...params]);
    const entries = [
      ...bound.map(({ buffer, bytes }) => ({ buffer, size: padded(bytes) })),
      { buffer: uniform },
    ];
    const group = gpu.createBindGroup({
      layout,
      entries: entries.map((resource, binding) => ({ binding, resource })),
    });
    this.pass ??= (this.encoder ??= gpu.createCommandEncoder()).beginComputePass();
    this.pass.setPipeline(pipeline);
    this.pass.setBindGroup(0, group);
    if (typeof extent === "number") {
      const groups = Math.ceil(extent / workgroup);
      const most = gpu.limits.maxComputeWorkgroupsPerDimension;
      const lines = Math.ceil(groups / most);
      this.pass.dispatchWorkgroups(Math.ceil(groups / lines), lines);
    } else {
      this.pass.dispatchWorkgroupsIndirect(extent.indirect, 0);
    }
    this.counts.dispatches++;
  }

  /** A buffer with these words; the queue writes it before anything that is recorded from now on runs. */
  upload(words: Uint32Array | Int32Array | Float32Array): GPUBuffer {
    const buffer = this.pool.take(words.byteLength, true);
    this.device.gpu.queue.writeBuffer(
      buffer,
      0,
      words.buffer as ArrayBuffer,
      words.byteOffset,
      words.byteLength,
    );
    return buffer;
  }

  clear(buffer: GPUBuffer, bytes: number): void {
    this.recorder().clearBuffer(buffer, 0, padded(bytes));
  }

  copy(from: GPUBuffer, fromByte: number, to: GPUBuffer, toByte: number, bytes: number): void {
    if (bytes > 0) this.recorder().copyBufferToBuffer(from, fromByte, to, toByte, bytes);
  }

  /** Takes a copy in the order of commands, to be read whenever the returned function is called. */
  readLater({ buffer, bytes }: Bound): () => Promise<ArrayBuffer> {
    const { gpu } = this.device;
    const size = padded(bytes);
    const target = gpu.createBuffer({ size, usage: usage.mapRead | usage.copyTarget });
    this.copy(buffer, 0, target, 0, size);
    const recordedIn = this.encoder;
    return async () => {
      if (this.encoder === recordedIn) this.flush();
      try {
        await target.mapAsync(mapMode);
      } catch (error) {
        await this.settleFailure();
        throw error;
      }
      this.device.check();
      const data = target.getMappedRange().slice(0, bytes);
      target.destroy();
      return data;
    };
  }

  /** Submits what was recorded. */
  flush(): void {
    if (!this.encoder) return;
    this.device.check();
    this.pass?.end();
    this.device.gpu.queue.submit([this.encoder.finish()]);
    this.pass = null;
    this.encoder = null;
    this.counts.submits++;
    this.pool.settle();
    if (this.params.size <= mostParams) return;
    for (const buffer of this.params.values()) buffer.destroy();
    this.params = new Map();
  }

  /** Lets errors that are on their way arrive, and throws the first. */
  private async settleFailure(): Promise<void> {
    await Promise.race([this.device.lost, new Promise((resolve) => setTimeout(resolve, 50))]);
    this.device.check();
  }

  private recorder(): GPUCommandEncoder {
    this.pass?.end();
    this.pass = null;
    return (this.encoder ??= this.device.gpu.createCommandEncoder());
  }

  private compiled(shader: Shader): Compiled {
    const code = wgslOf(shader);
    let known = this.pipelines.get(code);
    if (known) return known;
    const { gpu } = this.device;
    const kinds = Object.values(shader.buffers);
    const layout = gpu.createBindGroupLayout({
      entries: [
        ...kinds.map((kind, binding): GPUBindGroupLayoutEntry => ({
          binding,
          visibility: compute,
          buffer: { type: kind.startsWith("read") ? "read-only-storage" : "storage" },
        })),
        { binding: kinds.length, visibility: compute, buffer: { type: "uniform" } },
      ],
    });
    const pipeline = gpu.createComputePipeline({
      label: shader.label,
      layout: gpu.createPipelineLayout({ bindGroupLayouts: [layout] }),
      compute: { module: gpu.createShaderModule({ code, label: shader.label }), entryPoint: "main" },
    });
    this.pipelines.set(code, (known = { pipeline, layout }));
    this.counts.pipelines++;
    return known;
  }

  private paramsBuffer(words: readonly number[]): GPUBuffer {
    const key = words.join(",");
    let buffer = this.params.get(key);
    if (buffer) return buffer;
    const size = Math.ceil(words.length / 4) * 16;
    buffer = this.device.gpu.createBuffer({ size, usage: usage.uniform, mappedAtCreation: true });
    new Uint32Array(buffer.getMappedRange()).set(words.map((word) => word >>> 0));
    buffer.unmap();
    this.params.set(key, buffer);
    return buffer;
  }
}

const padded = (bytes: number): number => Math.max(4, Math.ceil(bytes / 4) * 4);
