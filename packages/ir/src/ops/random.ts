// Operators that draw random numbers. What they draw depends on `seed`, or without one on the node's name, and is the
// same in every run and every round of a loop: runs and plans can be compared.
import { inputElement, requireElement, shapeOf } from "./checks.js";
import {
  defineOp,
  elementAttr,
  inputType,
  intAttr,
  intsAttr,
  shapeError,
  type OpDefinition,
} from "./define.js";
import { checkedType } from "./limits.js";
import type { AttrSpec } from "./define.js";
import type { ElementType } from "../types.js";

const seed = { type: "float" } as const;
const normal = { mean: { type: "float", default: 0 }, scale: { type: "float", default: 1 } } as const;
const uniform = { high: { type: "float", default: 1 }, low: { type: "float", default: 0 } } as const;

/** 1 with the probability that the input gives for the place, else 0. */
export const bernoulli = defineOp({
  name: "Bernoulli",
  random: true,
  arity: [1, 1],
  attributes: { dtype: { type: "element" }, seed },
  infer(context) {
    const elem = inputElement(context, 0, "float");
    const dtype = context.node.attrs["dtype"] as ElementType | undefined;
    if (dtype) requireElement(context.node, dtype, "ordered", "output");
    return [{ elem: dtype ?? elem, shape: inputType(context, 0).shape }];
  },
});

/** Classes drawn for every row of logarithms of probabilities, which need not sum up to 1. */
export const multinomial = defineOp({
  name: "Multinomial",
  random: true,
  arity: [1, 1],
  attributes: {
    dtype: { type: "element", default: "int32" },
    sample_size: { type: "int", default: 1 },
    seed,
  },
  infer(context) {
    const { node } = context;
    inputElement(context, 0, "float");
    const elem = requireElement(node, elementAttr(node, "dtype"), "index", "output");
    const shape = shapeOf(context, 0, 2, 2);
    if (shape?.[1] === 0) throw shapeError(node, "Multinomial draws from no classes");
    return [checkedType(node, elem, [shape?.[0] ?? null, intAttr(node, "sample_size")])];
  },
});

export const randomNormal = drawn("RandomNormal", normal);
export const randomNormalLike = drawnLike("RandomNormalLike", normal);
export const randomUniform = drawn("RandomUniform", uniform);
export const randomUniformLike = drawnLike("RandomUniformLike", uniform);

/** A tensor of that shape. */
function drawn<const Name extends string>(
  name: Name,
  attributes: Record<string, AttrSpec>,
): OpDefinition<Name> {
  return defineOp({
    name,
    random: true,
    arity: [0, 0],
    attributes: {
      ...attributes,
      dtype: { type: "element", default: "float32" },
      seed,
      shape: { type: "ints", required: true },
    },
    infer({ node }) {
      const elem = requireElement(node, elementAttr(node, "dtype"), "float", "output");
      return [checkedType(node, elem, intsAttr(node, "shape"))];
    },
  });
}

/** A tensor of the shape of the input. */
function drawnLike<const Name extends string>(
  name: Name,
  attributes: Record<string, AttrSpec>,
): OpDefinition<Name> {
  return defineOp({
    name,
    random: true,
    arity: [1, 1],
    attributes: { ...attributes, dtype: { type: "element" }, seed },
    infer(context) {
      const { elem, shape } = inputType(context, 0);
      const dtype = context.node.attrs["dtype"] as ElementType | undefined;
      return [{ elem: requireElement(context.node, dtype ?? elem, "float", "output"), shape }];
    },
  });
}
