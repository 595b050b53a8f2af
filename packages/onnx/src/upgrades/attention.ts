// Attention in plain operators where the shapes say enough, so that its two products are planned as those of MatMul:
// float32 and float64, no counted keys, a mask as long as there are keys, lengths known where it is causal. The rest stays.
import {
  attentionSizes,
  attentionStages,
  ops,
  tensor,
  type AttentionSizes,
  type Dim,
  type Tensor,
  type ValueId,
} from "@mpplan/ir";
import type { RawNode } from "../raw-node.js";
import { inferContext } from "./known-types.js";
import { int, ints, stepsOf, type Steps } from "./steps.js";
import {
  attribute,
  checkedAttributes,
  expectInputs,
  int64s,
  scalar,
  type Upgrade,
  type UpgradeContext,
} from "./upgrade.js";

const attributes = [
  "is_causal",
  "kv_num_heads",
  "q_num_heads",
  "qk_matmul_output_mode",
  "scale",
  "softcap",
  "softmax_precision",
];

type Float = "float32" | "float64";

/** The most elements that a mask may have which the importer writes out. */
const mostCausal = 2 ** 24;

/** Sizes that have to be known. */
interface Known extends AttentionSizes {
  readonly heads: number;
  readonly kvHeads: number;
  readonly size: number;
  readonly valueSize: number;
}

export const attention: Upgrade = (raw, context) => {
  const elem = context.inputType(0)?.elem;
  const [q = null, k = null, v = null, mask = null, pastKey = null, pastValue = null, counted = null] =
    raw.inputs;
  const simple =
    (elem === "float32" || elem === "float64") &&
    context.inputType(2)?.elem === elem &&
    counted === null &&
    (pastKey === null) === (pastValue === null) &&
    !raw.attrs.has("softmax_precision");
  if (!simple) return [raw];
  expectInputs(raw, 7);
  checkedAttributes(raw, ...attributes);
  const whole = (name: string): number | undefined => {
    const given = attribute(raw, name, "int");
    return given && Number(given.value);
  };
  const mode = whole("qk_matmul_output_mode") ?? 0;
  const [heads, kvHeads] = [whole("q_num_heads"), whole("kv_num_heads")];
  const given = inferContext(raw, context, {
    qk_matmul_output_mode: mode,
    ...(heads !== undefined && { q_num_heads: heads }),
    ...(kvHeads !== undefined && { kv_num_heads: kvHeads }),
  });
  // What Attention refuses is refused here too.
  ops.Attention.infer(given);
  const sizes = attentionSizes(given);
  const stage = attentionStages[mode];
  if (!sizes || !stage || !isKnown(sizes) || (mask !== null && !isWhole(context, sizes))) return [raw];
  const causal = (whole("is_causal") ?? 0) !== 0;
  const { queries, keys } = sizes;
  if (causal && (typeof queries !== "number" || typeof keys !== "number" || queries * keys > mostCausal)) {
    return [raw];
  }
  const pastLength = pastKey === null ? 0 : context.inputType(4)?.shape?.[2];
  if (causal && typeof pastLength !== "number") return [raw];

  const steps = stepsOf(raw, context);
  const one = (name: string, x: number): ValueId => context.constant(name, scalar(elem, x));
  const [output = "", presentKey = "", presentValue = "", shown = ""] = raw.outputs;
  const query = byHead(steps, context, q, sizes.rank, sizes.heads);
  const allKeys = joined(steps, pastKey, byHead(steps, context, k, sizes.rank, sizes.kvHeads), presentKey);
  const allValues = joined(
    steps,
    pastValue,
    byHead(steps, context, v, sizes.rank, sizes.kvHeads),
    presentValue,
  );

  const scale = attribute(raw, "scale", "float")?.value ?? 1 / Math.sqrt(sizes.size);
  const turned = steps.add("Transpose", [repeated(steps, context, allKeys, sizes, sizes.size)], {
    perm: ints(0, 1, 3, 2),
  });
  const scores = steps.add("MatMul", [steps.add("Mul", [query, one("scale", scale)]), turned]);
  const softcap = attribute(raw, "softcap", "float")?.value ?? 0;
  const softcapped =
    softcap > 0
      ? steps.add("Mul", [
          steps.add("Tanh", [steps.add("Div", [scores, one("softcap", softcap)])]),
          one("softcap", softcap),
        ])
      : scores;
  const added = [
    ...(causal
      ? [
          context.constant(
            "causal",
            causalBias(elem, queries as number, keys as number, pastLength as number),
          ),
        ]
      : []),
    ...(mask === null ? [] : [biasOf(steps, context, mask, one)]),
  ];
  const bias = added.length === 2 ? steps.add("Add", added) : added[0];
  const masked = bias === undefined ? softcapped : steps.add("Add", [softcapped, bias]);
  const softmax = steps.add("Softmax", [masked], { axis: int(-1) });
  // The softmax of a query whose keys are all masked is no number; its weights are 0.
  const weights = mask === null ? softmax : withoutEmpty(steps, context, softmax, bias!, one);
  const stages = { scores, softcapped, masked, weights };
  if (shown !== "") steps.add("Identity", [stages[stage]], {}, shown);

  const values = repeated(steps, context, allValues, sizes, sizes.valueSize);
  if (sizes.rank === 4) steps.finish("MatMul", [weights, values], output);
  else {
    const swapped = steps.add("Transpose", [steps.add("MatMul", [weights, values])], {
      perm: ints(0, 2, 1, 3),
    });
    steps.finish("Reshape", [swapped, context.constant("shape", int64s([0n, 0n, -1n]))], output);
  }
  return steps.nodes;
};

function isKnown(sizes: AttentionSizes): sizes is Known {
  const { heads, kvHeads, size, valueSize } = sizes;
  return [heads, kvHeads, size, valueSize].every((dim: Dim) => typeof dim === "number" && dim > 0);
}

/** Whether the mask is known to have a column for every key. */
function isWhole(context: UpgradeContext, { keys }: AttentionSizes): boolean {
  const type = context.inputType(3);
  const last = type?.shape?.at(-1) ?? null;
  return (
    last !== null && last === keys && (type?.elem === "bool" || type?.elem === context.inputType(0)?.elem)
  );
}

/** [batch, sequence, heads x size] as [batch, heads, sequence, size]. */
function byHead(
  steps: Steps,
  context: UpgradeContext,
  input: ValueId | null,
  rank: number,
  heads: number,
): ValueId | null {
  if (rank === 4) return input;
  const shape = context.constant("heads", int64s([0n, 0n, BigInt(heads), -1n]));
  return steps.add("Transpose", [steps.add("Reshape", [input, shape])], { perm: ints(0, 2, 1, 3) });
}

/** Earlier keys or values and these, under the name that the file gives them. */
function joined(steps: Steps, past: ValueId | null, own: ValueId | null, name: string): ValueId | null {
  const output = name === "" ? undefined : name;
  if (past !== null) return steps.add("Concat", [past, own], { axis: int(2) }, output);
  if (output !== undefined) steps.add("Identity", [own], {}, output);
  return own;
}

/** Every key head as often as query heads share it. */
function repeated(
  steps: Steps,
  context: UpgradeContext,
  input: ValueId | null,
  { heads, kvHeads }: Known,
  size: number,
): ValueId | null {
  if (heads === kvHeads) return input;
  const axis = context.constant("axis", int64s([2n]));
  const times = context.constant("times", int64s([1n, 1n, BigInt(heads / kvHeads), 1n, 1n]));
  const shape = context.constant("repeated", int64s([0n, BigInt(heads), -1n, BigInt(size)]));
  return steps.add("Reshape", [steps.add("Expand", [steps.add("Unsqueeze", [input, axis]), times]), shape]);
}

/** 0 for the keys that a query may see, minus infinity for those behind it. */
function causalBias(elem: Float, queries: number, keys: number, past: number): Tensor {
  const data = new (elem === "float64" ? Float64Array : Float32Array)(queries * keys);
  data.forEach((_, at) => {
    if (at % keys > Math.floor(at / keys) + past) data[at] = -Infinity;
  });
  return tensor(elem, [queries, keys], data);
}

function biasOf(
  steps: Steps,
  context: UpgradeContext,
  mask: ValueId,
  one: (name: string, x: number) => ValueId,
): ValueId {
  if (context.inputType(3)?.elem !== "bool") return mask;
  return steps.add("Where", [mask, one("seen", 0), one("masked", -Infinity)]);
}

function withoutEmpty(
  steps: Steps,
  context: UpgradeContext,
  softmax: ValueId,
  bias: ValueId,
  one: (name: string, x: number) => ValueId,
): RawNode["outputs"][number] {
  const last = context.constant("last", int64s([-1n]));
  const most = steps.add("ReduceMax", [bias, last], { keepdims: int(1) });
  const empty = steps.add("Equal", [most, one("empty", -Infinity)]);
  return steps.add("Where", [empty, one("nothing", 0), softmax]);
}
