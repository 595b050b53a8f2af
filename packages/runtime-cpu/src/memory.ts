// The wasm instance and its one memory: who owns which bytes. Grows on demand, never shrinks.
import { kernelsBase64 } from "./generated/kernels.js";
import { importingSharedMemory } from "./threads/shared-import.js";

/** The wasm functions, all of them on numbers: addresses, counts, strides. */
export type Wasm = Readonly<Record<string, (...args: number[]) => void>>;

/** Where work is done: now on the calling thread (`Memory`), or recorded for whichever thread takes it (`Crew`). */
export interface Lane {
  readonly wasm: Wasm;
  /** Room for intermediate results of that name. What was there is lost whenever it is asked for. */
  scratch(name: string, size: number): number;
}

/** A piece of the memory. Freed by hand, or with the object that the garbage collector finds unused. */
export interface Region {
  readonly at: number;
  readonly bytes: number;
}

const pageBytes = 65536;
const align = 64;
/** Vectors may be read up to here behind the end of what is needed. */
const slack = 64;

const initialPages = 16;
/** 4 GiB, or what else a platform lets shared memory reserve. */
const maximumPages = [65536, 32768, 16384, 8192];

export class Memory implements Lane {
  readonly wasm: Wasm;
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** Free pieces in the order of their addresses. */
  private free: { at: number; bytes: number }[];
  private readonly scratches = new Map<string, Region>();
  private readonly owned = new WeakMap<object, Region[]>();
  private readonly dropped = new FinalizationRegistry<Region[]>((regions) => {
    for (const region of regions.splice(0)) this.release(region);
  });

  /** Shared memory is what several threads need; it is not to be had on every platform. */
  constructor(shared = false) {
    const bytes = Uint8Array.from(atob(kernelsBase64), (c) => c.charCodeAt(0));
    this.module = new WebAssembly.Module(shared ? importingSharedMemory(bytes) : bytes);
    this.memory = shared
      ? sharedMemory()
      : new WebAssembly.Memory({ initial: initialPages, maximum: maximumPages[0]! });
    const abort = (): never => {
      throw new Error("internal: the wasm kernels were aborted");
    };
    const instance = new WebAssembly.Instance(this.module, { env: { memory: this.memory, abort } });
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

  /** Kept between calls. */
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
    throw new RangeError(
      `the cpu backend needs ${bytes} more bytes than the ${end} that it has, and wasm memory cannot grow so far`,
    );
  }
}

function sharedMemory(): WebAssembly.Memory {
  for (const maximum of maximumPages.slice(0, -1)) {
    try {
      return new WebAssembly.Memory({ initial: initialPages, maximum, shared: true });
    } catch {
      continue;
    }
  }
  return new WebAssembly.Memory({ initial: initialPages, maximum: maximumPages.at(-1)!, shared: true });
}
