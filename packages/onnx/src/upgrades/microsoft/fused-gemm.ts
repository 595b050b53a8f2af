// FusedGemm and GemmFastGelu: Gemm or MatMul, then a bias and an activation.
import { float, stepsOf, text } from "../steps.js";
import { invalid } from "../../attributes.js";
import { attribute, checkedAttributes, expectInputs, without, type Upgrade } from "../upgrade.js";

/** The activations and which of their attributes are given as alpha and beta. */
const activations: Readonly<Record<string, readonly string[]>> = {
  Elu: ["alpha"],
  HardSigmoid: ["alpha", "beta"],
  LeakyRelu: ["alpha"],
  Relu: [],
  Selu: ["alpha", "gamma"],
  Sigmoid: [],
  Softplus: [],
  Softsign: [],
  Tanh: [],
  ThresholdedRelu: ["alpha"],
};

const given = ["activation", "activation_alpha", "activation_beta", "activation_gamma"];

export const fusedGemm: Upgrade = (raw, context) => {
  expectInputs(raw, 3);
  checkedAttributes(raw, "alpha", "beta", "transA", "transB", ...given);
  const activation = attribute(raw, "activation", "string")?.value ?? "";
  if (activation !== "" && !Object.hasOwn(activations, activation)) {
    throw invalid(
      raw.origin,
      `FusedGemm has the activation "${activation}"`,
      `use one of ${Object.keys(activations).join(", ")}`,
    );
  }
  const attrs = Object.fromEntries(without(raw.attrs, ...given));
  const steps = stepsOf(raw, context);
  const output = raw.outputs[0] ?? "";
  if (activation === "") {
    steps.finish("Gemm", raw.inputs, output, attrs);
    return steps.nodes;
  }
  const own = activations[activation]!.flatMap((name) => {
    const value = attribute(raw, `activation_${name}`, "float")?.value;
    return value === undefined ? [] : [[name, float(value)] as const];
  });
  steps.finish(activation, [steps.add("Gemm", raw.inputs, attrs)], output, Object.fromEntries(own));
  return steps.nodes;
};

/** Gelu by tanh of X W + bias. */
export const gemmFastGelu: Upgrade = (raw, context) => {
  expectInputs(raw, 3);
  checkedAttributes(raw);
  const steps = stepsOf(raw, context);
  const [x = null, weights = null, bias = null] = raw.inputs;
  const product = steps.add("MatMul", [x, weights]);
  const sum = bias === null ? product : steps.add("Add", [product, bias]);
  steps.finish("Gelu", [sum], raw.outputs[0] ?? "", { approximate: text("tanh") });
  return steps.nodes;
};
