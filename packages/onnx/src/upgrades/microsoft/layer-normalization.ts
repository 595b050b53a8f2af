// LayerNormalization and RMSNormalization in the spellings of com.microsoft; with a skip connection they are Add first.
import { float, stepsOf } from "../steps.js";
import { attribute, checkedAttributes, expectInputs, unsupportedUse, type Upgrade } from "../upgrade.js";

const next = "export the model for inference (in evaluation mode)";

export const layerNormalization: Upgrade = (raw) => [{ ...raw, op: "LayerNormalization" }];

/** RMSNormalization by its older name. */
export const simplifiedLayerNormalization: Upgrade = (raw, context) => {
  refuseStatistics(raw, context, [1]);
  return [{ ...raw, op: "RMSNormalization", outputs: raw.outputs.slice(0, 1) }];
};

/** LayerNormalization of input + skip + bias. Inputs: input, skip, scale, shift, bias; the fourth output is the sum. */
export const skipLayerNormalization: Upgrade = (raw, context) => {
  expectInputs(raw, 5);
  const [, , scale = null, shift = null, bias = null] = raw.inputs;
  return ofSum(raw, context, "LayerNormalization", bias, [scale, shift]);
};

/** RMSNormalization of input + skip + bias. Inputs: input, skip, scale, bias; the fourth output is the sum. */
export const skipSimplifiedLayerNormalization: Upgrade = (raw, context) => {
  expectInputs(raw, 4);
  const [, , scale = null, bias = null] = raw.inputs;
  return ofSum(raw, context, "RMSNormalization", bias, [scale]);
};

function ofSum(
  raw: Parameters<Upgrade>[0],
  context: Parameters<Upgrade>[1],
  op: string,
  bias: string | null,
  parameters: readonly (string | null)[],
): ReturnType<Upgrade> {
  checkedAttributes(raw, "epsilon");
  refuseStatistics(raw, context, [1, 2]);
  const epsilon = attribute(raw, "epsilon", "float") ?? float(Math.fround(1e-12));
  const steps = stepsOf(raw, context);
  const [output = "", , , total = ""] = raw.outputs;
  const named = total === "" ? undefined : total;
  const [input = null, skip = null] = raw.inputs;
  const sum = steps.add("Add", [input, skip], {}, bias === null ? named : undefined);
  const all = bias === null ? sum : steps.add("Add", [sum, bias], {}, named);
  steps.finish(op, [all, ...parameters], output, { epsilon });
  return steps.nodes;
}

/** Mean and deviation are outputs that only training reads. */
function refuseStatistics(
  raw: Parameters<Upgrade>[0],
  context: Parameters<Upgrade>[1],
  outputs: readonly number[],
): void {
  const read = outputs.find((index) => context.isRead(index));
  if (read !== undefined)
    throw unsupportedUse(raw, `Output ${read + 1} of ${raw.op}, of training, is used`, next);
}
