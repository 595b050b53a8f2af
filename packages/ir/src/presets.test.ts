import { formatNamed, unitRoundoff } from "@mpplan/formats";
import { describe, expect, test } from "vitest";
import { checkAccumulator, printAccumulator, resultFormat } from "./precision.js";
import { defaultPreset, presetNamed, presets } from "./presets.js";

describe.each(presets.map((p) => [p.name, p] as const))("%s", (name, preset) => {
  test("has accumulators and operand formats that exist", () => {
    checkAccumulator(preset.low);
    checkAccumulator(preset.high);
    for (const format of [preset.operands.weights, preset.operands.activations]) {
      if (format !== null) expect(formatNamed(format).name).toBe(format);
    }
  });

  test("has a high accumulator that is finer than the steps of the low one", () => {
    const u = (format: string): number => unitRoundoff(formatNamed(format));
    expect(u(resultFormat(preset.high))).toBeLessThan(u(preset.low.format));
  });

  test("is found by its name and says what it is a model of", () => {
    expect(presetNamed(name)).toBe(preset);
    expect(preset.about.length).toBeGreaterThan(20);
  });
});

test("the default is the contract's", () => {
  const { low, high, operands } = presetNamed(defaultPreset);
  expect(printAccumulator(low)).toBe("ieee-e4m3, blocked(8), f32-add, nearest-even, saturate");
  expect(printAccumulator(high)).toBe("binary16, blocked(8), f32-add, nearest-even, saturate");
  expect(operands).toEqual({ weights: "ieee-e4m3", activations: null });
});

test("the paper's differs from it in the product rule alone", () => {
  const [ours, paper] = [presetNamed(defaultPreset), presetNamed("paper")];
  expect(paper.low).toEqual({ ...ours.low, product: "fma-f32" });
  expect(paper.high).toEqual({ ...ours.high, product: "fma-f32" });
});

test("names stand in order, and an unknown one is told which there are", () => {
  const names = presets.map((p) => p.name);
  expect(names).toEqual([...names].sort());
  expect(() => presetNamed("fp8")).toThrowErrorMatchingInlineSnapshot(`
    [IrError: There is no preset "fp8"
      where: the choice of accumulators
      next: use one of: block32-f32, e4m3-f16, hopper-e4m3, paper, promote128-e4m3, seq-bf16, seq-f16]
  `);
});
