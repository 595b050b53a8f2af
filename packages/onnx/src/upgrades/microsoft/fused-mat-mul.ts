// FusedMatMul: alpha A B, its operands transposed first; in plain operators, so that its sums are those of MatMul.
import { storeRounding, type ValueId } from "@mpplan/ir";
import { ints, stepsOf } from "../steps.js";
import {
  attribute,
  checkedAttributes,
  expectInputs,
  scalar,
  unsupportedUse,
  type Upgrade,
} from "../upgrade.js";

export const fusedMatMul: Upgrade = (raw, context) => {
  expectInputs(raw, 2);
  checkedAttributes(raw, "alpha", "transA", "transB", "transBatchA", "transBatchB");
  const steps = stepsOf(raw, context);
  const flag = (name: string): boolean => (attribute(raw, name, "int")?.value ?? 0n) !== 0n;
  const operand = (index: number, side: string): ValueId | null => {
    const [swapped, batch] = [flag(`trans${side}`), flag(`transBatch${side}`)];
    const input = raw.inputs[index] ?? null;
    if (!swapped && !batch) return input;
    const rank = context.inputType(index)?.shape?.length;
    if (rank === undefined) {
      throw unsupportedUse(
        raw,
        "FusedMatMul transposes an operand of unknown rank",
        "run shape inference on the model",
      );
    }
    // A list has nothing to transpose.
    if (rank < 2) return input;
    const axes = Array.from({ length: rank }, (_, axis) => axis);
    // The rows may come before the batch instead of after it.
    const order = batch ? [...axes.slice(1, -1), 0, rank - 1] : axes;
    const perm = swapped ? [...order.slice(0, -2), order.at(-1)!, order.at(-2)!] : order;
    return steps.add("Transpose", [input], { perm: ints(...perm) });
  };
  const operands = [operand(0, "A"), operand(1, "B")];
  const alpha = attribute(raw, "alpha", "float")?.value ?? 1;
  const output = raw.outputs[0] ?? "";
  if (alpha === 1) {
    steps.finish("MatMul", operands, output);
    return steps.nodes;
  }
  const elem = context.inputType(0)?.elem ?? "float32";
  const factor = context.constant("alpha", scalar(elem, storeRounding(elem)?.(alpha) ?? alpha));
  steps.finish("Mul", [steps.add("MatMul", operands), factor], output);
  return steps.nodes;
};
