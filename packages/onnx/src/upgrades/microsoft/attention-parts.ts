// What the attention operators of com.microsoft share: slices, lengths, masks of keys, and the Attention that they become.
import { storeRounding, tensor, type ElementType, type ValueId } from "@mpplan/ir";
import type { RawAttr, RawNode } from "../../raw-node.js";
import { int, type Steps } from "../steps.js";
import { attribute, int64s, scalar, unsupportedUse, type UpgradeContext } from "../upgrade.js";

/** What masked scores have added where the model does not say. */
const usualFilter = -10000;

export type Input = ValueId | null;

/** Writes what several upgrades of attention need, for one node. */
export class AttentionParts {
  readonly elem: ElementType;

  constructor(
    private readonly raw: RawNode,
    private readonly context: UpgradeContext,
    private readonly steps: Steps,
    /** An input that is of the operands' type. */
    typed = 0,
  ) {
    this.elem = context.inputType(typed)?.elem ?? "float32";
  }

  /** An input that is there, or null. */
  input(index: number): Input {
    return this.raw.inputs[index] ?? null;
  }

  whole(name: string, otherwise = 0): number {
    return Number(attribute(this.raw, name, "int")?.value ?? otherwise);
  }

  /** Refuses inputs that mean what cannot be said in ONNX's Attention. */
  refuseInputs(inputs: Readonly<Record<number, string>>): void {
    for (const [index, what] of Object.entries(inputs)) {
      if (this.input(Number(index)) !== null) this.refuse(`has ${what}`);
    }
  }

  refuseOutput(index: number, what: string): void {
    if (this.context.isRead(index)) this.refuse(`yields ${what}`);
  }

  refuse(what: string): never {
    throw unsupportedUse(this.raw, `${this.raw.op} ${what}`, "export the model with ONNX's Attention");
  }

  /** A number of the operands' type. */
  number(name: string, x: number): ValueId {
    return this.context.constant(name, scalar(this.elem, storeRounding(this.elem)?.(x) ?? x));
  }

  /** A new value. */
  value(name: string): ValueId {
    return this.context.value(name);
  }

  integers(name: string, ...list: number[]): ValueId {
    return this.context.constant(name, int64s(list.map(BigInt)));
  }

  integer32(name: string, x: number): ValueId {
    return this.context.constant(name, tensor("int32", [], Int32Array.of(x)));
  }

  /** The elements from `start` to `end` along an axis. */
  slice(of: Input, start: number, end: number, axis: number): ValueId {
    const at = (name: string, x: number): ValueId => this.integers(name, x);
    return this.steps.add("Slice", [of, at("start", start), at("end", end), at("axis", axis)]);
  }

  /** The size of an axis, as a list of one. */
  size(of: Input, axis: number): ValueId {
    return this.steps.add("Shape", [of], { start: int(axis), end: int(axis + 1) });
  }

  /** 0, 1, ... up to a size that is a list of one. */
  places(size: ValueId): ValueId {
    const zero = this.integers("zero", 0);
    const one = (id: ValueId): ValueId => this.steps.add("Squeeze", [id, zero]);
    return this.steps.add("Range", [one(zero), one(size), one(this.integers("one", 1))]);
  }

  unsqueezed(id: Input, ...axes: number[]): ValueId {
    return this.steps.add("Unsqueeze", [id, this.integers("axes", ...axes)]);
  }

  /**
   * What a mask of keys adds to the scores, [batch, 1, 1 or queries, keys]: nothing, or `mask_filter_value`. The mask is
   * [batch] lengths, [batch, keys] or [batch, queries, keys]; one of a single column is none. `keys` says how many there are.
   */
  keyMask(index: number, keys: () => ValueId): Input {
    const mask = this.input(index);
    if (mask === null) return null;
    const shape = this.context.inputType(index)?.shape;
    if (!shape) this.refuse("has a mask of unknown rank");
    const batch = this.context.inputType(0)?.shape?.[0] ?? null;
    if (shape.length === 1 && (shape[0] === null || shape[0] !== batch)) {
      this.refuse("has a mask that is a list, not of one length per sample");
    }
    if (shape.length > 3) this.refuse(`has a mask of rank ${shape.length}`);
    if (shape.length === 2 && shape[1] === 1) return null;
    const zero = this.integer32("unseen", 0);
    const seen =
      shape.length === 1
        ? this.steps.add("Less", [
            this.places(keys()),
            this.unsqueezed(this.steps.add("Cast", [mask], { to: int(7) }), 1),
          ])
        : this.steps.add("Greater", [mask, zero]);
    const filter = attribute(this.raw, "mask_filter_value", "float")?.value ?? usualFilter;
    const added = this.steps.add("Where", [seen, this.number("seen", 0), this.number("masked", filter)]);
    return shape.length === 3 ? this.unsqueezed(added, 1) : this.unsqueezed(added, 1, 2);
  }

  /** One mask of two that may be left out. */
  sum(a: Input, b: Input): Input {
    return a === null || b === null ? (a ?? b) : this.steps.add("Add", [a, b]);
  }

  /** The node itself, as ONNX's Attention; `heads` where its inputs are of rank 3. */
  attention(
    inputs: readonly Input[],
    outputs: readonly ValueId[],
    heads: readonly [queries: number, keys: number] | null,
    causal: boolean,
  ): void {
    const scale = attribute(this.raw, "scale", "float");
    const softcap = attribute(this.raw, "softcap", "float");
    const attrs: [string, RawAttr][] = [
      ...(heads ? [["q_num_heads", int(heads[0])] satisfies [string, RawAttr]] : []),
      ...(heads ? [["kv_num_heads", int(heads[1])] satisfies [string, RawAttr]] : []),
      ["is_causal", int(causal ? 1 : 0)],
      ...(scale && scale.value !== 0 ? [["scale", scale] satisfies [string, RawAttr]] : []),
      ...(softcap ? [["softcap", softcap] satisfies [string, RawAttr]] : []),
    ];
    const { raw } = this;
    this.steps.nodes.push({
      ...raw,
      op: "Attention",
      inputs: [...inputs],
      outputs: [...outputs],
      attrs: new Map(attrs),
    });
  }
}
