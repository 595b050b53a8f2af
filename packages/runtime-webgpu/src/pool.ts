// Buffers that are used again. Whatever is still to be submitted may go on reading a buffer that was given back: later
// commands come after it. Only what the queue writes at once must not land in such a buffer.
import type { Device } from "./device.js";
import { WebGpuError } from "./errors.js";

// GPUBufferUsage, which not every platform has as a global.
export const usage = {
  mapRead: 0x1,
  copySource: 0x4,
  copyTarget: 0x8,
  uniform: 0x40,
  storage: 0x80,
  indirect: 0x100,
} as const;

export class Pool {
  /** Free buffers by size; `fresh` ones were given back since the last submit. */
  private readonly settled = new Map<number, GPUBuffer[]>();
  private readonly fresh = new Map<number, GPUBuffer[]>();
  private bytesFree = 0;
  /** Buffers made in all, for tests. */
  made = 0;

  constructor(private readonly device: Device) {}

  /** A storage buffer of at least that many bytes, with any contents; for the queue to write, a settled one. */
  take(bytes: number, settled = false): GPUBuffer {
    if (bytes > this.device.largest) {
      throw new WebGpuError("too-large", {
        what: `A tensor of ${bytes} bytes is beyond the device's ${this.device.largest}`,
        where: `adapter ${this.device.adapter.vendor} ${this.device.adapter.architecture}`,
        next: "feed fewer samples at a time, or use the cpu backend",
      });
    }
    const size = Math.min(sizeFor(bytes), Math.floor(this.device.largest / 4) * 4);
    const known = (settled ? undefined : this.fresh.get(size)?.pop()) ?? this.settled.get(size)?.pop();
    if (known) {
      this.bytesFree -= size;
      return known;
    }
    this.made++;
    const { storage, copySource, copyTarget, indirect } = usage;
    return this.device.gpu.createBuffer({ size, usage: storage | copySource | copyTarget | indirect });
  }

  give(buffer: GPUBuffer): void {
    const list = this.fresh.get(buffer.size);
    if (list) list.push(buffer);
    else this.fresh.set(buffer.size, [buffer]);
    this.bytesFree += buffer.size;
  }

  /** Everything recorded so far has been submitted. Keeps no more than half of what one tensor may take. */
  settle(): void {
    for (const [size, list] of this.fresh) {
      const known = this.settled.get(size);
      if (known) known.push(...list);
      else this.settled.set(size, list);
    }
    this.fresh.clear();
    if (this.bytesFree <= this.device.largest / 2) return;
    for (const list of this.settled.values()) list.forEach((buffer) => buffer.destroy());
    this.settled.clear();
    this.bytesFree = 0;
  }
}

/** Few sizes, so that buffers fit again: powers of two and the middles between them. */
function sizeFor(bytes: number): number {
  let size = 256;
  while (size < bytes) size *= 2;
  const middle = (size / 4) * 3;
  return bytes <= middle && size > 256 ? middle : size;
}
