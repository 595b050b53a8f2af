// Resize and Upsample: opset 11 put a region between X and the scales, and chose other coordinates than had been
// usual. Upsample is what Resize was called before opset 10; its scales were attributes at first.
import { tensor, toNumbers, type ValueId } from "@mpplan/ir";
import { invalid } from "../attributes.js";
import {
  attribute,
  expectInputs,
  unsupportedUse,
  without,
  type Upgrade,
  type UpgradeContext,
} from "./upgrade.js";
import type { RawAttr, RawAttrs, RawNode } from "../raw-node.js";

export const resize: Upgrade = (raw, context) => {
  if (raw.origin.opset >= 11) return [raw];
  expectInputs(raw, 2);
  return [asymmetric(raw, raw.attrs, raw.inputs[1] ?? null, nearestMode(raw, context))];
};

/** The nearest element is the one before when growing, but the one behind when shrinking, as ONNX's cases had it. */
function nearestMode(raw: RawNode, context: UpgradeContext): "floor" | "ceil" {
  if ((attribute(raw, "mode", "string")?.value ?? "nearest") !== "nearest") return "floor";
  const scales = context.inputConstant(1);
  const list = scales && toNumbers(scales);
  if (list?.every((scale) => scale >= 1)) return "floor";
  if (list?.every((scale) => scale <= 1)) return "ceil";
  throw unsupportedUse(
    raw,
    list
      ? "Resize of opset 10 to the nearest element grows along one axis and shrinks along another"
      : "Resize of opset 10 to the nearest element has scales that are not constant",
    "export the model with opset 11 or newer",
  );
}

export const upsample: Upgrade = (raw, context) => {
  expectInputs(raw, raw.origin.opset < 9 ? 1 : 2);
  const attrs = without(raw.attrs, "scales", "height_scale", "width_scale");
  const scales = raw.origin.opset < 9 ? scalesOf(raw, context) : (raw.inputs[1] ?? null);
  return [asymmetric(raw, attrs, scales, "floor")];
};

function scalesOf(raw: RawNode, context: UpgradeContext): ValueId {
  const [height, width] = [attribute(raw, "height_scale", "float"), attribute(raw, "width_scale", "float")];
  const list =
    attribute(raw, "scales", "floats")?.value ?? (height && width ? [1, 1, height.value, width.value] : null);
  if (!list)
    throw invalid(raw.origin, `Upsample needs its scales as attributes in opset ${raw.origin.opset}`);
  return context.constant("scales", tensor("float32", [list.length], Float32Array.from(list)));
}

/** Without a region, and with the coordinates of old: output / scale. */
function asymmetric(
  raw: RawNode,
  attrs: RawAttrs,
  scales: ValueId | null,
  nearest: "floor" | "ceil",
): RawNode {
  const mode = attribute(raw, "mode", "string")?.value ?? "nearest";
  const text = (value: string): RawAttr => ({ kind: "string", value });
  return {
    ...raw,
    op: "Resize",
    inputs: [raw.inputs[0] ?? null, null, scales],
    attrs: new Map([
      ...attrs,
      ["mode", text(mode === "bilinear" ? "linear" : mode)],
      ["coordinate_transformation_mode", text("asymmetric")],
      ["nearest_mode", text(nearest)],
    ]),
  };
}
