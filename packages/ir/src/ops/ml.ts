// Operators of the domain ai.onnx.ml.
import { inputElement, shapeOf } from "./checks.js";
import { defineOp, inputType, intAttr, intsAttr, shapeError, tensorAttr } from "./define.js";
import { checkedType } from "./limits.js";
import type { Node } from "../graph.js";
import type { ElementType, Tensor } from "../types.js";

/** 1 for what is larger than the threshold, else 0. */
export const binarizer = defineOp({
  name: "ai.onnx.ml.Binarizer",
  arity: [1, 1],
  attributes: { threshold: { type: "float", default: 0 } },
  infer: (context) => [{ elem: inputElement(context, 0, "numeric"), shape: inputType(context, 0).shape }],
});

const encodings = {
  floats: { type: "floats" },
  int64s: { type: "ints" },
  strings: { type: "strings" },
  tensor: { type: "tensor" },
} as const;

/** The value that belongs to each key, or the default. One attribute lists the keys, one the values in the same order. */
export const labelEncoder = defineOp({
  name: "ai.onnx.ml.LabelEncoder",
  arity: [1, 1],
  attributes: {
    default_float: { type: "float", default: -0 },
    default_int64: { type: "int", default: -1 },
    default_string: { type: "string", default: "_Unused" },
    default_tensor: encodings.tensor,
    keys_floats: encodings.floats,
    keys_int64s: encodings.int64s,
    keys_strings: encodings.strings,
    keys_tensor: encodings.tensor,
    values_floats: encodings.floats,
    values_int64s: encodings.int64s,
    values_strings: encodings.strings,
    values_tensor: encodings.tensor,
  },
  infer(context) {
    const { node } = context;
    const [keys, values] = [encodingOf(node, "keys"), encodingOf(node, "values")];
    if (keys.list.length !== values.list.length) {
      throw shapeError(node, `LabelEncoder has ${keys.list.length} keys, but ${values.list.length} values`);
    }
    const { elem, shape } = inputType(context, 0);
    if (context.inputs[0]?.type && elem !== keys.elem) {
      throw shapeError(node, `LabelEncoder has keys of ${keys.elem} for ${elem}`);
    }
    return [{ elem: values.elem, shape }];
  },
});

/** One side of a LabelEncoder, whichever attribute lists it. */
export function encodingOf(
  node: Node,
  side: "keys" | "values",
): { elem: ElementType; list: ArrayLike<number | bigint | string> } {
  const given = (Object.keys(encodings) as (keyof typeof encodings)[]).filter(
    (kind) => node.attrs[`${side}_${kind}`] !== undefined,
  );
  const [kind] = given;
  if (!kind || given.length > 1) {
    throw shapeError(node, `LabelEncoder has ${given.length} lists of ${side}, not one`);
  }
  const list = node.attrs[`${side}_${kind}`] as readonly (number | string)[];
  if (kind === "int64s") return { elem: "int64", list: (list as readonly number[]).map(BigInt) };
  if (kind === "tensor") {
    const { elem, data } = list as unknown as Tensor;
    return { elem, list: data };
  }
  return { elem: kind === "floats" ? "float32" : "string", list };
}

/** How the leaves that a sample reaches in all trees make up one number per target, by number in a file. */
export const treeAggregates = ["average", "sum", "min", "max"] as const;

/** What is done with these numbers, by number in a file. */
export const treeTransforms = ["none", "softmax", "logistic"] as const;

/** Decision trees: every sample (axis 0) follows each tree to a leaf, which adds its weight to its target. */
export const treeEnsemble = defineOp({
  name: "ai.onnx.ml.TreeEnsemble",
  arity: [1, 1],
  attributes: {
    aggregate_function: { type: "int", default: 1 },
    leaf_targetids: { type: "ints", required: true },
    leaf_weights: { type: "tensor", required: true },
    membership_values: { type: "tensor" },
    n_targets: { type: "int", required: true },
    nodes_falseleafs: { type: "ints", required: true },
    nodes_falsenodeids: { type: "ints", required: true },
    nodes_featureids: { type: "ints", required: true },
    // Only statistics of training.
    nodes_hitrates: { type: "tensor" },
    nodes_missing_value_tracks_true: { type: "ints", default: [] },
    nodes_modes: { type: "tensor", required: true },
    nodes_splits: { type: "tensor", required: true },
    nodes_trueleafs: { type: "ints", required: true },
    nodes_truenodeids: { type: "ints", required: true },
    post_transform: { type: "int", default: 0 },
    tree_roots: { type: "ints", required: true },
  },
  infer(context) {
    const { node } = context;
    const elem = inputElement(context, 0, "float");
    const shape = shapeOf(context, 0, 2, 2);
    checkTrees(node);
    return [checkedType(node, elem, [shape?.[0] ?? null, intAttr(node, "n_targets")])];
  },
});

function checkTrees(node: Node): void {
  const count = tensorAttr(node, "nodes_modes").data.length;
  const leaves = intsAttr(node, "leaf_targetids").length;
  const lists = ["featureids", "truenodeids", "falsenodeids", "trueleafs", "falseleafs"].map((name) =>
    intsAttr(node, `nodes_${name}`),
  );
  const same =
    lists.every((list) => list.length === count) &&
    tensorAttr(node, "nodes_splits").data.length === count &&
    tensorAttr(node, "leaf_weights").data.length === leaves;
  if (!same)
    throw shapeError(node, "the lists of TreeEnsemble differ in length: one entry per node, one per leaf");
  const targets = intAttr(node, "n_targets");
  if (intsAttr(node, "leaf_targetids").some((id) => id < 0 || id >= targets)) {
    throw shapeError(node, `a leaf of TreeEnsemble has a target beyond the ${targets} that there are`);
  }
  const aggregate = intAttr(node, "aggregate_function");
  const transform = intAttr(node, "post_transform");
  if (!treeAggregates[aggregate] || !treeTransforms[transform]) {
    throw shapeError(
      node,
      `TreeEnsemble has aggregate_function ${aggregate} and post_transform ${transform}, which is not supported`,
    );
  }
}
