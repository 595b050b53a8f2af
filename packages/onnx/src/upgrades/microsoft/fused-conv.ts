// FusedConv: Conv, then another tensor added, then an activation.
import { invalid } from "../../attributes.js";
import { float, stepsOf } from "../steps.js";
import { attribute, expectInputs, scalar, without, type Upgrade } from "../upgrade.js";

/** The activations, and the names of their parameters in the order of the attribute that lists them. */
const activations: Readonly<Record<string, readonly string[]>> = {
  Clip: ["min", "max"],
  HardSigmoid: ["alpha", "beta"],
  LeakyRelu: ["alpha"],
  Relu: [],
  Sigmoid: [],
  Tanh: [],
};

export const fusedConv: Upgrade = (raw, context) => {
  expectInputs(raw, 4);
  const activation = attribute(raw, "activation", "string")?.value ?? "";
  const values = attribute(raw, "activation_params", "floats")?.value ?? [];
  const names = Object.hasOwn(activations, activation) ? activations[activation]! : [];
  if (activation !== "" && (!Object.hasOwn(activations, activation) || names.length > values.length)) {
    throw invalid(
      raw.origin,
      `FusedConv has the activation "${activation}" with ${values.length} parameters`,
      `use one of ${Object.keys(activations).join(", ")} with its parameters`,
    );
  }
  const steps = stepsOf(raw, context);
  const output = raw.outputs[0] ?? "";
  const more = raw.inputs[3] ?? null;
  const attrs = Object.fromEntries(without(raw.attrs, "activation", "activation_params"));
  // What comes last yields the node's output.
  const last = activation !== "" ? 2 : more !== null ? 1 : 0;
  const put = (place: number, op: string, inputs: (string | null)[], given = {}): string => {
    if (place < last) return steps.add(op, inputs, given);
    steps.finish(op, inputs, output, given);
    return output;
  };
  const conv = put(0, "Conv", raw.inputs.slice(0, 3), attrs);
  const sum = more === null ? conv : put(1, "Add", [conv, more]);
  if (activation === "") return steps.nodes;
  const elem = context.inputType(0)?.elem ?? "float32";
  if (activation === "Clip") {
    const bounds = names.map((name, i) => context.constant(name, scalar(elem, values[i]!)));
    put(2, "Clip", [sum, ...bounds]);
  } else {
    put(2, activation, [sum], Object.fromEntries(names.map((name, i) => [name, float(values[i]!)])));
  }
  return steps.nodes;
};
