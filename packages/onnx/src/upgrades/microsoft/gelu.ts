// Gelu in the spellings of com.microsoft: Add, then Gelu or Swish.
import { float, stepsOf, text } from "../steps.js";
import { attribute, checkedAttributes, expectInputs, type Upgrade } from "../upgrade.js";

/** Gelu by the error function. */
export const gelu: Upgrade = (raw) => [{ ...raw, op: "Gelu" }];

/** Gelu by tanh, of X or of X and a bias. */
export const fastGelu: Upgrade = (raw, context) => ofSum(raw, context, "tanh");

/** Gelu by the error function, of X and a bias. */
export const biasGelu: Upgrade = (raw, context) => ofSum(raw, context, "none");

/** x / (1 + exp(-alpha x)), which is Swish. */
export const quickGelu: Upgrade = (raw) => {
  const alpha = attribute(raw, "alpha", "float") ?? float(Math.fround(1.702));
  return [{ ...raw, op: "Swish", attrs: new Map([...raw.attrs, ["alpha", alpha]]) }];
};

function ofSum(raw: Parameters<Upgrade>[0], context: Parameters<Upgrade>[1], approximate: string) {
  expectInputs(raw, 2);
  checkedAttributes(raw);
  const steps = stepsOf(raw, context);
  const [x = null, bias = null] = raw.inputs;
  const sum = bias === null ? x : steps.add("Add", [x, bias]);
  steps.finish("Gelu", [sum], raw.outputs[0] ?? "", { approximate: text(approximate) });
  return steps.nodes;
}
