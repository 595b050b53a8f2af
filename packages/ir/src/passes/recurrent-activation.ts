// The activation functions of recurrent networks as operators.
import type { ValueId } from "../graph.js";
import type { OpName } from "../ops/index.js";
import type { RecurrentFunction } from "../ops/recurrent.js";
import type { ElementType } from "../types.js";
import type { Lowering } from "./lowering.js";

/** Those that are one operator of the same name, and which constants it takes as attributes. */
const operators: Readonly<Record<string, readonly [OpName, ...("alpha" | "beta")[]]>> = {
  elu: ["Elu", "alpha"],
  hardsigmoid: ["HardSigmoid", "alpha", "beta"],
  leakyrelu: ["LeakyRelu", "alpha"],
  relu: ["Relu"],
  sigmoid: ["Sigmoid"],
  softplus: ["Softplus"],
  softsign: ["Softsign"],
  tanh: ["Tanh"],
  thresholdedrelu: ["ThresholdedRelu", "alpha"],
};

/** The function of a value; the last node is called `name`. */
export function recurrentActivation(
  to: Lowering,
  { name: kind, alpha, beta }: RecurrentFunction,
  value: ValueId,
  name: string,
  elem: ElementType,
): ValueId {
  const operator = Object.hasOwn(operators, kind) ? operators[kind] : undefined;
  if (operator) {
    const [op, ...constants] = operator;
    const given = { alpha, beta };
    return to.add(op, [value], name, Object.fromEntries(constants.map((each) => [each, given[each]])));
  }
  const by = (factor: number, of: ValueId, what: string): ValueId =>
    to.add("Mul", [of, to.scalar(elem, factor)], what);
  if (kind === "affine")
    return to.add("Add", [by(alpha, value, `${name}.scaled`), to.scalar(elem, beta)], name);
  if (kind === "scaledtanh")
    return by(alpha, to.add("Tanh", [by(beta, value, `${name}.scaled`)], `${name}.tanh`), name);
  throw new Error(`internal: no operator computes the recurrent activation "${kind}"`);
}
