// The values of one run: where each is held, and when it is moved, downloaded and freed.
import {
  consumers,
  inStorage,
  isFloat,
  isTensor,
  storeRounding,
  valueOf,
  type ElementType,
  type Graph,
  type Node,
  type RuntimeValue,
  type Tensor,
  type ValueId,
} from "@mpplan/ir";
import { type Handle, type KernelBackend, type KernelRequest } from "./backend.js";
import type { RunOptions } from "./contract.js";
import type { Upload } from "./steps.js";

/** The values of one run: where each is held, uploaded, moved and downloaded on demand. */
export class Values {
  private readonly held = new Map<ValueId, { on: KernelBackend; handle: Handle; lent?: true }>();
  private readonly uses: Map<ValueId, number>;
  /** Handles that hold what another handle or a given tensor holds; dropped with the run. */
  private readonly copies = new Map<string, { on: KernelBackend; handle: Promise<Handle> }>();

  constructor(
    private readonly graph: Graph,
    private readonly backend: KernelBackend,
    private readonly upload: Upload,
    private readonly storage: KernelRequest["storage"],
    private readonly options: RunOptions,
  ) {
    this.uses = new Map([...consumers(graph)].map(([id, nodes]) => [id, nodes.length]));
    for (const id of graph.outputs) this.uses.set(id, (this.uses.get(id) ?? 0) + 1);
  }

  /** Takes an input of the run, and returns it as nodes will see it. */
  feed(id: ValueId, value: RuntimeValue): RuntimeValue {
    const fed = this.asStored(id, value, "binary32");
    const { memo } = this.options;
    const make = (): Handle => this.backend.upload(fed);
    const handle = memo ? memo.get(`upload|${this.backend.name}|${memo.idOf(fed)}`, make) : make();
    this.held.set(id, { on: this.backend, handle });
    if (isTensor(fed)) this.options.observe?.(id, fed);
    return fed;
  }

  /** Takes an input of a body: the handle stays whose it is. */
  lend(id: ValueId, on: KernelBackend, handle: Handle): void {
    this.held.set(id, { on, handle, lent: true });
  }

  async on(backend: KernelBackend, id: ValueId): Promise<Handle> {
    const constant = valueOf(this.graph, id).constant;
    if (constant) return this.upload(backend, constant);
    const given = this.options.given?.(id);
    if (given) {
      const stored = this.asStored(id, given, this.storage);
      return this.copy(backend, id, stored, async () => backend.upload(stored));
    }
    const { on, handle } = this.held.get(id)!;
    if (on === backend) return handle;
    return this.copy(backend, id, handle, async () => backend.upload(await on.download(handle)));
  }

  async computed(id: ValueId, on: KernelBackend, handle: Handle): Promise<void> {
    this.held.set(id, { on, handle });
    if (!this.options.observe) return;
    const value = await on.download(handle);
    if (isTensor(value)) this.options.observe(id, value);
  }

  /** Frees what no later node reads. */
  free(node: Node): void {
    if (this.options.memo) return;
    for (const id of new Set(node.inputs)) {
      if (id === null || !this.held.has(id)) continue;
      const left = this.uses.get(id)! - 1;
      this.uses.set(id, left);
      if (left > 0) continue;
      const { on, handle, lent } = this.held.get(id)!;
      if (!lent) on.free(handle);
      this.held.delete(id);
    }
  }

  /** The outputs of a body as handles of that backend, each the caller's own. */
  async taken(backend: KernelBackend): Promise<Handle[]> {
    const result: Handle[] = [];
    for (const id of this.graph.outputs) {
      const constant = valueOf(this.graph, id).constant;
      const value = this.held.get(id);
      if (value && !value.lent && value.on === backend) {
        result.push(value.handle);
        // Named twice, it is copied the second time.
        this.held.set(id, { ...value, lent: true });
      } else {
        result.push(backend.upload(constant ?? (await value!.on.download(value!.handle))));
      }
    }
    return result;
  }

  async outputs(): Promise<Map<ValueId, RuntimeValue>> {
    const result = new Map<ValueId, RuntimeValue>();
    for (const id of this.graph.outputs) {
      const constant = valueOf(this.graph, id).constant;
      const value = this.held.get(id);
      result.set(id, constant ?? (await value!.on.download(value!.handle)));
    }
    return result;
  }

  /** Ends the run: frees all that is left. What a memo may know belongs to whoever made the memo. */
  async release(): Promise<void> {
    if (this.options.memo) return;
    for (const { on, handle, lent } of this.held.values()) if (!lent) on.free(handle);
    this.held.clear();
    const copies = [...this.copies.values()];
    this.copies.clear();
    for (const { on, handle } of copies) {
      const done = await handle.catch(() => null);
      if (done) on.free(done);
    }
  }

  /** A handle on `backend` for what `source` holds, made once per run, or once per memo. */
  private copy(
    backend: KernelBackend,
    id: ValueId,
    source: object,
    make: () => Promise<Handle>,
  ): Promise<Handle> {
    const { memo } = this.options;
    if (memo) return memo.get(`upload|${backend.name}|${memo.idOf(source)}`, make);
    const key = `${backend.name}|${id}`;
    let entry = this.copies.get(key);
    if (!entry) this.copies.set(key, (entry = { on: backend, handle: make() }));
    return entry.handle;
  }

  /**
   * A value from outside in the value's own element type; with storage `binary32` its float32 are binary32. Narrower
   * floats are rounded in any case.
   */
  private asStored(id: ValueId, value: RuntimeValue, storage: KernelRequest["storage"]): RuntimeValue {
    if (!isTensor(value) || !isFloat(value.elem)) return value;
    const elem = valueOf(this.graph, id).type?.elem ?? value.elem;
    const round = elem === "float32" ? null : storeRounding(elem);
    const fits = elem === "float64" || storage === "binary64" || value.data instanceof Float32Array;
    if (elem === value.elem && fits && !round) return value;
    const make = (): Tensor => converted(value, elem, round, storage);
    const { memo } = this.options;
    return memo ? memo.get(`as|${elem}|${storage}|${memo.idOf(value)}`, make) : make();
  }
}

function converted(
  value: Tensor,
  elem: ElementType,
  round: ((x: number) => number) | null,
  storage: KernelRequest["storage"],
): Tensor {
  const data = Float64Array.from(value.data as Float64Array);
  if (round) for (let i = 0; i < data.length; i++) data[i] = round(data[i]!);
  const wide: Tensor = { ...value, elem, data };
  return elem === "float32" && storage === "binary32" ? inStorage(wide) : wide;
}
