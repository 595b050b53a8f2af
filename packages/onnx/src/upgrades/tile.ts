// Tile: before opset 6 it repeated along one axis, both given as inputs.
import { toNumbers } from "@mpplan/ir";
import { int64s, unsupportedUse, type Upgrade } from "./upgrade.js";

export const tile: Upgrade = (raw, context) => {
  if (raw.origin.opset >= 6) return [raw];
  const [tiles, axis] = [1, 2].map((index) => {
    const constant = context.inputConstant(index);
    return constant && toNumbers(constant)[0];
  });
  const rank = context.inputType(0)?.shape?.length;
  if (tiles === undefined || axis === undefined || rank === undefined) {
    throw unsupportedUse(
      raw,
      "Tile computes its repeats or its axis, or its input is of unknown rank",
      "export the model in opset 6 or later",
    );
  }
  const at = axis < 0 ? axis + rank : axis;
  const repeats = Array.from({ length: rank }, (_, i) => (i === at ? BigInt(tiles) : 1n));
  return [{ ...raw, inputs: [raw.inputs[0] ?? null, context.constant("repeats", int64s(repeats))] }];
};
