// Squeeze, Unsqueeze (opset 13) and ReduceMean (opset 18): the axes became an input.
import { invalid } from "../attributes.js";
import { attribute, expectInputs, int64s, without, type Upgrade } from "./upgrade.js";

/** The upgrade of an operator whose axes became an input in opset `since`. */
export const axesToInput =
  (since: number, { required }: { required: boolean }): Upgrade =>
  (raw, context) => {
    if (raw.origin.opset >= since) return [raw];
    expectInputs(raw, 1);
    const axes = attribute(raw, "axes", "ints");
    if (!axes && required) {
      throw invalid(raw.origin, `${raw.op} needs the attribute "axes" in opset ${raw.origin.opset}`);
    }
    // An empty list meant what no list means.
    if (!axes || axes.value.length === 0) return [{ ...raw, attrs: without(raw.attrs, "axes") }];
    const inputs = [...raw.inputs, context.constant("axes", int64s(axes.value))];
    return [{ ...raw, attrs: without(raw.attrs, "axes"), inputs }];
  };
