// What all the kernels of a backend have in common: the wasm memory, and the weights that are packed in it.
import type { Tensor } from "@mpplan/ir";
import { Memory } from "./memory.js";
import type { Problem } from "@mpplan/runtime";
import { Sums } from "./sums.js";
import { Crew } from "./threads/crew.js";
import type { WorkerHost } from "./threads/host.js";
import {
  packPanels,
  packPanels64,
  packRowMajor,
  type PackRequest,
  type Panels,
  type RowMajor,
} from "./weights.js";

/** Something in wasm memory that can be given back. */
interface Disposable {
  dispose(): void;
}

/** What is kept of a tensor in wasm memory, by what it is. */
export type PackedTable = WeakMap<Tensor, Map<string, Disposable>>;

export class Shared {
  readonly memory: Memory;
  /** The threads; null where there is one. */
  readonly crew: Crew | null;
  readonly sums: Sums;
  private readonly uploaded = new WeakSet<Tensor>();
  private readonly packed: PackedTable = new WeakMap();
  /** How many tensors were made from others and kept. */
  laid = 0;
  private readonly derivations = new WeakMap<Tensor, Map<string, Tensor>>();

  private readonly layouts = new Map<string, number>();

  /** A number for what a text says, the same for the same text; never 0. */
  idOf(text: string): number {
    const id = this.layouts.get(text) ?? this.layouts.size + 1;
    this.layouts.set(text, id);
    return id;
  }

  constructor(threads = 1, workers?: WorkerHost, leastMacs?: number) {
    this.memory = new Memory(threads > 1);
    this.crew = threads > 1 ? new Crew(this.memory, threads, workers!, leastMacs) : null;
    this.sums = new Sums(this.memory, this.crew);
  }

  /** Notes that a tensor came from outside, as constants do: it is worth keeping packed. */
  adopt(tensor: Tensor): void {
    this.uploaded.add(tensor);
  }

  /** A tensor that is made from another one: kept with it under that key if that one lasts. */
  derived(from: Tensor, key: string, make: () => Tensor): Tensor {
    if (!this.uploaded.has(from)) return make();
    let made = this.derivations.get(from);
    if (!made) this.derivations.set(from, (made = new Map()));
    let tensor = made.get(key);
    if (!tensor) {
      made.set(key, (tensor = make()));
      this.adopt(tensor);
      this.laid++;
    }
    return tensor;
  }

  /** The weights of one run; what is packed of tensors that do not last is given back by `dispose`. */
  weights(tensor: Tensor, problem: Problem): Weights {
    return new Weights(this.memory, tensor, problem, this.uploaded.has(tensor), this.packed);
  }
}

/** The weights of one run of a node, in whatever arrangement a kernel asks for. */
export class Weights {
  private readonly made: Disposable[] = [];

  constructor(
    private readonly memory: Memory,
    private readonly tensor: Tensor,
    private readonly problem: Problem,
    private readonly lasting: boolean,
    private readonly packed: PackedTable,
  ) {}

  /** All the columns of a group. */
  panels(group: number, absolute = false): Panels {
    return this.kept(this.packed, `${absolute ? "absolute" : "panels"}|${this.keyOf(group)}`, () =>
      packPanels(this.memory, this.binary32(), this.request(group, null, absolute)),
    );
  }

  /** Some of them; kept in a table of whoever asks, under a name of theirs. */
  subset(group: number, columns: Int32Array, table: PackedTable, name: string): Panels {
    return this.kept(table, `${name}|${this.keyOf(group)}`, () =>
      packPanels(this.memory, this.binary32(), this.request(group, columns, false)),
    );
  }

  /** All of them as the exact reference reads them. */
  panels64(group: number, absolute = false): Panels {
    return this.kept(this.packed, `${absolute ? "absolute64" : "exact"}|${this.keyOf(group)}`, () =>
      packPanels64(this.memory, this.binary64(absolute), this.request(group, null, absolute)),
    );
  }

  rowMajor(group: number): RowMajor {
    return this.kept(this.packed, `rows|${this.keyOf(group)}`, () =>
      packRowMajor(this.memory, this.binary32(), this.request(group, null, false)),
    );
  }

  dispose(): void {
    for (const item of this.made.splice(0)) item.dispose();
  }

  private kept<T extends Disposable>(table: PackedTable, key: string, make: () => T): T {
    const owner = this.tensor;
    let entries = table.get(owner);
    if (!entries) table.set(owner, (entries = new Map()));
    let item = entries.get(key) as T | undefined;
    if (item) return item;
    entries.set(key, (item = make()));
    if (!this.lasting) this.made.push({ dispose: () => (entries.delete(key), item.dispose()) });
    return item;
  }

  private keyOf(group: number): string {
    const { weights, columns, length } = this.problem;
    return [weights.first(group), weights.columnStep, weights.termStep, columns, length].join("|");
  }

  private request(group: number, subset: Int32Array | null, absolute: boolean): PackRequest {
    const { weights, columns, length } = this.problem;
    const { columnStep, termStep } = weights;
    return { first: weights.first(group), columnStep, termStep, length, subset, columns, absolute };
  }

  private binary32(): Float32Array {
    return inBinary32(this.tensor);
  }

  private binary64(absolute: boolean): Float64Array {
    const data = inBinary64(this.tensor);
    return absolute ? data.map(Math.abs) : data;
  }
}

/** A tensor's numbers as sums take them: also those of float64 models are rounded to binary32 first. */
export function inBinary32({ data }: Tensor): Float32Array {
  return data instanceof Float32Array ? data : new Float32Array(data as Float64Array);
}

export function inBinary64({ data }: Tensor): Float64Array {
  return data instanceof Float64Array ? data : new Float64Array(data as Float32Array);
}
