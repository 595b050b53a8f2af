// GroupQueryAttention: causal Attention whose earlier keys lie in buffers, how far filled the run says, with its rotary
// embedding. What a buffer is longer by is masked, so that the lengths of the sums are those of the shapes.
import type { ValueId } from "@mpplan/ir";
import type { RawNode } from "../../raw-node.js";
import { int, ints, stepsOf, type Steps } from "../steps.js";
import { attribute, checkedAttributes, expectInputs, type Upgrade, type UpgradeContext } from "../upgrade.js";
import { AttentionParts, type Input } from "./attention-parts.js";

/** What the steps of one node share. */
interface Site {
  readonly raw: RawNode;
  readonly context: UpgradeContext;
  readonly parts: AttentionParts;
  readonly steps: Steps;
  /** How many queries there are, a list of one. */
  readonly queries: ValueId;
  /** Null where there are no buffers. */
  readonly earlier: Earlier | null;
}

interface Earlier {
  /** Whether all keys are new. */
  readonly prompt: ValueId;
  /** How many keys of each sample came before, [batch, 1]. */
  readonly count: ValueId;
}

export const groupQueryAttention: Upgrade = (raw, context) => {
  expectInputs(raw, 14);
  checkedAttributes(
    raw,
    "do_rotary",
    "k_quant_type",
    "kv_cache_bit_width",
    "kv_num_heads",
    "local_window_size",
    "num_heads",
    "qk_output",
    "rotary_interleaved",
    "scale",
    "smooth_softmax",
    "softcap",
    "v_quant_type",
  );
  const steps = stepsOf(raw, context);
  const parts: AttentionParts = new AttentionParts(raw, context, steps);
  parts.refuseInputs({ 11: "a sink for each head", 12: "quantised keys", 13: "quantised values" });
  parts.refuseOutput(3, "its scores");
  if (parts.whole("smooth_softmax") > 0) parts.refuse("has a smooth softmax");
  const [heads, kvHeads] = [parts.whole("num_heads"), parts.whole("kv_num_heads")];
  const [query, key, value] = unpacked(parts, context, heads, kvHeads);
  const [pastKey, pastValue] = [parts.input(3), parts.input(4)];
  const queries = parts.size(query, 1);
  const earlier = pastKey === null ? null : earlierOf(parts, steps, queries);
  const site: Site = { raw, context, parts, steps, queries, earlier };

  const q = byHead(site, turned(site, query, heads), heads);
  const keys = filled(site, pastKey, byHead(site, turned(site, key, kvHeads), kvHeads));
  const values = filled(site, pastValue, byHead(site, value, kvHeads));
  const mask = seenKeys(site, keys);
  const [output = "", presentKey = "", presentValue = ""] = raw.outputs;
  const y = parts.value("heads");
  parts.attention([q, keys, values, mask], [y], null, mask === null);
  const back = steps.add("Transpose", [y], { perm: ints(0, 2, 1, 3) });
  steps.add("Reshape", [back, parts.integers("whole", 0, 0, -1)], {}, output);
  if (presentKey !== "") yieldPresent(site, keys, pastKey, presentKey);
  if (presentValue !== "") yieldPresent(site, values, pastValue, presentValue);
  return steps.nodes;
};

/** Queries, keys and values, which may come in one. */
function unpacked(
  parts: AttentionParts,
  context: UpgradeContext,
  heads: number,
  kvHeads: number,
): readonly [Input, Input, Input] {
  const [query, key, value] = [parts.input(0), parts.input(1), parts.input(2)];
  if (key !== null && value !== null) return [query, key, value];
  const whole = context.inputType(0)?.shape?.[2];
  if (typeof whole !== "number") parts.refuse("has packed inputs of unknown size");
  const size = whole / (heads + 2 * kvHeads);
  const [a, b] = [heads * size, (heads + kvHeads) * size];
  return [parts.slice(query, 0, a, 2), parts.slice(query, a, b, 2), parts.slice(query, b, whole, 2)];
}

function earlierOf(parts: AttentionParts, steps: Steps, queries: ValueId): Earlier {
  const whole = (id: Input): ValueId => steps.add("Cast", [id], { to: int(7) });
  const last = parts.unsqueezed(whole(parts.input(5)), 1);
  const count = steps.add("Sub", [steps.add("Add", [last, parts.integers("one", 1)]), queries]);
  const prompt = steps.add("Equal", [whole(parts.input(6)), queries]);
  return { prompt, count: steps.add("Where", [prompt, parts.integers("none", 0), count]) };
}

/** Queries or keys by the angles of their positions. A prompt's positions count from the first one that is given. */
function turned({ raw, context, parts, steps, queries, earlier }: Site, id: Input, heads: number): Input {
  if (parts.whole("do_rotary") === 0) return id;
  const [cosines, sines, given] = [parts.input(7), parts.input(8), parts.input(9)];
  const angles = context.inputType(7)?.shape?.[1];
  if (cosines === null || sines === null || typeof angles !== "number") {
    return parts.refuse("turns its queries and keys by angles that are not given, or are of unknown size");
  }
  const places = parts.unsqueezed(parts.places(queries), 0);
  const rows = steps.add("Concat", [parts.size(id, 0), queries], { axis: int(0) });
  const from = (first: Input): ValueId =>
    steps.add("Expand", [first === null ? places : steps.add("Add", [first, places]), rows]);
  const first = given && parts.slice(parts.slice(given, 0, 1, 0), 0, 1, 1);
  const prompt = from(given === null ? (earlier?.count ?? null) : first);
  const positions =
    given === null || earlier === null ? prompt : steps.add("Where", [earlier.prompt, prompt, given]);
  return steps.add("RotaryEmbedding", [id, cosines, sines, positions], {
    interleaved: attribute(raw, "rotary_interleaved", "int") ?? int(0),
    num_heads: int(heads),
    rotary_embedding_dim: int(2 * angles),
  });
}

/** [batch, sequence, heads x size] as [batch, heads, sequence, size]. */
function byHead({ parts, steps }: Site, id: Input, heads: number): ValueId {
  const parted = steps.add("Reshape", [id, parts.integers("heads", 0, 0, heads, -1)]);
  return steps.add("Transpose", [parted], { perm: ints(0, 2, 1, 3) });
}

/** The buffer, and the new keys right behind those of it that count; what lies behind them is of no account. */
function filled({ parts, steps, earlier }: Site, past: Input, own: ValueId): ValueId {
  if (past === null || earlier === null) return own;
  const all = steps.add("Concat", [past, own], { axis: int(2) });
  const size = parts.size(all, 2);
  const places = parts.unsqueezed(parts.places(size), 0);
  const unfilled = steps.add("Sub", [parts.size(past, 2), earlier.count]);
  const last = steps.add("Sub", [size, parts.integers("one", 1)]);
  const moved = steps.add("Min", [steps.add("Add", [places, unfilled]), last]);
  const from = steps.add("Where", [steps.add("Less", [places, earlier.count]), places, moved]);
  const index = steps.add("Expand", [parts.unsqueezed(from, 1, 3), steps.add("Shape", [all])]);
  return steps.add("GatherElements", [all, index], { axis: int(2) });
}

/** What is added to the scores, [batch or 1, 1 or heads, queries, keys]; null where it is no more than causal. */
function seenKeys({ parts, steps, queries, earlier }: Site, keys: ValueId): Input {
  const window = parts.whole("local_window_size", -1);
  const bias = parts.input(10);
  if (earlier === null && window <= 0 && bias === null) return null;
  const rows = parts.unsqueezed(parts.places(queries), 1);
  // [batch or 1, 1, queries, 1]
  const at = earlier === null ? rows : steps.add("Add", [parts.unsqueezed(earlier.count, 1, 2), rows]);
  const columns = parts.places(parts.size(keys, 2));
  let seen = steps.add("LessOrEqual", [columns, at]);
  if (window > 0) {
    // The query's own key is one of the window's.
    const behind = steps.add("Sub", [at, parts.integers("window", window)]);
    seen = steps.add("And", [seen, steps.add("Greater", [columns, behind])]);
  }
  return steps.add("Where", [seen, bias ?? parts.number("seen", 0), parts.number("masked", -Infinity)]);
}

/** The buffer after the run, as long as it was or as all keys are, zeros behind those that count. */
function yieldPresent(
  { parts, steps, queries, earlier }: Site,
  all: ValueId,
  past: Input,
  present: ValueId,
): void {
  if (past === null || earlier === null) {
    steps.add("Identity", [all], {}, present);
    return;
  }
  const end = parts.unsqueezed(steps.add("Add", [earlier.count, queries]), 2, 3);
  const places = parts.unsqueezed(parts.places(parts.size(all, 2)), 1);
  const kept = steps.add("Where", [steps.add("Less", [places, end]), all, parts.number("empty", 0)]);
  const total = steps.add("Cast", [parts.input(6)], { to: int(7) });
  const length = steps.add("Max", [parts.size(past, 2), total]);
  steps.add("Slice", [kept, parts.integers("start", 0), length, parts.integers("axis", 2)], {}, present);
}
