// Values as this backend holds them: on the GPU, on the host, or both. Integers, strings and the like stay on the host.
import { sizeOf, type ElementType, type Tensor } from "@mpplan/ir";
import type { Bound, Stream } from "./stream.js";

/** A buffer that several handles may share. */
interface Storage {
  readonly buffer: GPUBuffer;
  users: number;
}

/** A tensor. On the GPU its numbers are binary32 whatever float type it has. */
export class GpuTensor {
  private readonly attached: GPUBuffer[] = [];

  private constructor(
    readonly elem: ElementType,
    readonly dims: readonly number[],
    private storage: Storage | null,
    /** The same numbers on the host, if they are there. */
    private host: Tensor | null,
  ) {}

  static onHost(tensor: Tensor): GpuTensor {
    return new GpuTensor(tensor.elem, tensor.dims, null, tensor);
  }

  /** A tensor whose numbers are still to be written. */
  static made(stream: Stream, elem: ElementType, dims: readonly number[]): GpuTensor {
    const buffer = stream.pool.take(sizeOf(dims) * 4);
    return new GpuTensor(elem, dims, { buffer, users: 1 }, null);
  }

  get size(): number {
    return sizeOf(this.dims);
  }

  /** Gives a buffer that was derived from this handle the handle's life. */
  attach(buffer: GPUBuffer): void {
    this.attached.push(buffer);
  }

  /** The same numbers under other dims, in a handle of their own. */
  shared(dims: readonly number[]): GpuTensor {
    if (this.storage) this.storage.users++;
    return new GpuTensor(this.elem, dims, this.storage, this.host && { ...this.host, dims });
  }

  /** Its binary32 numbers on the GPU, put there now if need be. */
  bound(stream: Stream): Bound {
    if (!this.storage) {
      const { data } = this.host!;
      const floats = data instanceof Float32Array ? data : Float32Array.from(data as Float64Array);
      this.storage = { buffer: stream.upload(floats), users: 1 };
      // Large tensors are not kept twice. What is wider than binary32 is.
      if (this.elem === "float32" && this.size > smallest) this.host = null;
    }
    return { buffer: this.storage.buffer, bytes: this.size * 4 };
  }

  /** Its numbers on the host. They must not be changed. */
  onHostNow(): Tensor | null {
    return this.host;
  }

  async download(stream: Stream): Promise<Tensor> {
    const { elem, dims } = this;
    if (this.host) return { ...this.host, data: this.host.data.slice() as Tensor["data"] };
    const read = stream.readLater(this.bound(stream));
    const floats = new Float32Array(await read());
    return { elem, dims, data: elem === "float64" ? Float64Array.from(floats) : floats };
  }

  free(stream: Stream): void {
    const { storage } = this;
    this.storage = null;
    for (const buffer of this.attached.splice(0)) stream.pool.give(buffer);
    if (storage && --storage.users === 0) stream.pool.give(storage.buffer);
  }
}

/** Up to this many numbers a host copy is kept: bounds of a Clip, axes, shapes. */
const smallest = 64;
