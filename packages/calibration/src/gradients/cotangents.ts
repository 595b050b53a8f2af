// The cotangents of one backward pass: added up where they meet, their arrays used again once nobody holds them.
import type { ValueId } from "@mpplan/ir";

export class Cotangents {
  private readonly held = new Map<ValueId, Float64Array>();
  /** How often an array is in use: a rule may pass its cotangent on as it is, so that two values share it. */
  private readonly uses = new Map<Float64Array, number>();
  private readonly free = new Map<number, Float64Array[]>();

  /** Zeros. */
  readonly room = (length: number): Float64Array => {
    const old = this.free.get(length)?.pop();
    return old ? old.fill(0) : new Float64Array(length);
  };

  /** Adds what one reader of a value sends back. The array is this object's from now on. */
  add(id: ValueId, g: Float64Array): void {
    const before = this.held.get(id);
    if (!before) {
      this.held.set(id, g);
      this.use(g);
      return;
    }
    if (this.uses.get(before) === 1) {
      for (let i = 0; i < g.length; i++) before[i]! += g[i]!;
      if (!this.uses.has(g)) this.recycle(g);
      return;
    }
    const sum = this.room(g.length);
    for (let i = 0; i < g.length; i++) sum[i] = before[i]! + g[i]!;
    this.held.set(id, sum);
    this.use(sum);
    this.drop(before);
    if (g !== before && !this.uses.has(g)) this.recycle(g);
  }

  /** Takes the sum of a value out; `drop` it when it has been passed on. */
  take(id: ValueId): Float64Array | undefined {
    const g = this.held.get(id);
    this.held.delete(id);
    return g;
  }

  drop(g: Float64Array): void {
    const left = (this.uses.get(g) ?? 1) - 1;
    if (left > 0) {
      this.uses.set(g, left);
      return;
    }
    this.uses.delete(g);
    this.recycle(g);
  }

  private use(g: Float64Array): void {
    this.uses.set(g, (this.uses.get(g) ?? 0) + 1);
  }

  private recycle(g: Float64Array): void {
    const list = this.free.get(g.length);
    if (list) list.push(g);
    else this.free.set(g.length, [g]);
  }
}
