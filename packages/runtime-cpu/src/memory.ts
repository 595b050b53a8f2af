// The wasm instance and its one memory: who owns which bytes. Grows on demand, never shrinks.
import { kernelsBase64 } from "./generated/kernels.js";

/** The wasm functions, all of them on numbers: addresses, counts, strides. */
export type Wasm = Readonly<Record<string, (...args: number[]) => void>>;

/** A piece of the memory. Freed by hand, or with the object that the garbage collector finds unused. */
export interface Region {
  readonly at: number;
  readonly bytes: number;
}

const pageBytes = 65536;
const align = 64;
/** Vectors may be read up to here behind the end of what is needed. */
const slack = 64;

export class Memory {
  readonly wasm: Wasm;
  private readonly memory = new WebAssembly.Memory({ initial: 16, maximum: 65536 });
  /** Free pieces in the order of their addresses. */
  private free: { at: number; bytes: number }[];
  private readonly scratches = new Map<string, Region>();
  private readonly owned = new WeakMap<object, Region[]>();
  private readonly dropped = new FinalizationRegistry<Region[]>((regions) => {
    for (const region of regions.splice(0)) this.release(region);
  });

  constructor() {
    const bytes = Uint8Array.from(atob(kernelsBase64), (c) => c.charCodeAt(0));
    const module = new WebAssembly.Module(bytes);
    const abort = (): never => {
      throw new Error("internal: the wasm kernels were aborted");
    };
    const instance = new WebAssembly.Instance(module, { env: { memory: this.memory, abort } });
    this.wasm = instance.exports as unknown as Wasm;
    // The first page is left alone: address 0 means "none".
    this.free = [{ at: pageBytes, bytes: this.memory.buffer.byteLength - pageBytes }];
  }

  allocate(size: number): Region {
    const bytes = Math.ceil((size + slack) / align) * align;
    for (;;) {
      const i = this.free.findIndex((piece) => piece.bytes >= bytes);
      if (i >= 0) {
        const piece = this.free[i]!;
        const region = { at: piece.at, bytes };
        piece.at += bytes;
        piece.bytes -= bytes;
        if (piece.bytes === 0) this.free.splice(i, 1);
        return region;
      }
      this.grow(bytes);
    }
  }

  release(region: Region): void {
    let i = this.free.findIndex((piece) => piece.at > region.at);
    if (i < 0) i = this.free.length;
    this.free.splice(i, 0, { at: region.at, bytes: region.bytes });
    for (const j of [i, i - 1]) {
      const [a, b] = [this.free[j], this.free[j + 1]];
      if (!a || !b || a.at + a.bytes !== b.at) continue;
      a.bytes += b.bytes;
      this.free.splice(j + 1, 1);
    }
  }

  /** Bytes that live as long as `owner`, or until `disposeOf(owner)`. */
  allocateFor(owner: object, size: number): number {
    let regions = this.owned.get(owner);
    if (!regions) {
      this.owned.set(owner, (regions = []));
      this.dropped.register(owner, regions, owner);
    }
    const region = this.allocate(size);
    regions.push(region);
    return region.at;
  }

  disposeOf(owner: object): void {
    for (const region of this.owned.get(owner)?.splice(0) ?? []) this.release(region);
  }

  /** Room for intermediate results, kept between calls. What was there is lost whenever it is asked for. */
  scratch(name: string, size: number): number {
    const old = this.scratches.get(name);
    if (old && old.bytes >= size + slack) return old.at;
    if (old) this.release(old);
    const region = this.allocate(Math.max(size, 2 * (old?.bytes ?? 0)));
    this.scratches.set(name, region);
    return region.at;
  }

  // Views are made anew each time: growing the memory takes the old ones away.

  f32(at: number, length: number): Float32Array {
    return new Float32Array(this.memory.buffer, at, length);
  }

  f64(at: number, length: number): Float64Array {
    return new Float64Array(this.memory.buffer, at, length);
  }

  i32(at: number, length: number): Int32Array {
    return new Int32Array(this.memory.buffer, at, length);
  }

  u32(at: number, length: number): Uint32Array {
    return new Uint32Array(this.memory.buffer, at, length);
  }

  private grow(bytes: number): void {
    const end = this.memory.buffer.byteLength;
    const pages = Math.ceil(bytes / pageBytes);
    // A quarter more than there is, so that growing happens rarely; less where so much is not to be had.
    for (const wanted of [Math.max(pages, Math.ceil(end / pageBytes / 4)), pages]) {
      try {
        this.memory.grow(wanted);
      } catch {
        continue;
      }
      this.release({ at: end, bytes: wanted * pageBytes });
      return;
    }
    throw new RangeError(`the cpu backend needs ${bytes} more bytes than the 4 GiB that wasm can address`);
  }
}
