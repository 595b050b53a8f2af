// Gemm: opset 11 made C optional; opset 7 broadcasts it without being told to.
import { describeNode } from "@mpplan/ir";
import { ImportError } from "../errors.js";
import { without, type Upgrade } from "./upgrade.js";

export const gemm: Upgrade = (raw) => {
  if (raw.origin.opset < 11 && !raw.inputs[2]) {
    throw new ImportError("invalid-model", {
      what: `Gemm needs its third input, C, in opset ${raw.origin.opset}`,
      where: describeNode(raw),
      next: "correct the model's opset, or export it again",
    });
  }
  return [raw.origin.opset < 7 ? { ...raw, attrs: without(raw.attrs, "broadcast") } : raw];
};
