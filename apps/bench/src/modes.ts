// The accumulators that are measured, each with the speed against f32 that it is held to (K >= 256).
import type { Accumulator } from "@mpplan/ir";

export interface Mode {
  readonly name: string;
  readonly accumulator: Accumulator;
  /** Least speed as a share of the f32 kernel's; the arithmetic sets it, see docs/results/speed.md. */
  readonly floor: number | null;
  /** Values so large that sums may overflow: the clamped kernels must run. */
  readonly large?: true;
}

const sequential = { kind: "sequential" } as const;
const blocked8 = { kind: "blocked", block: 8 } as const;
const base = {
  rounding: "nearest-even",
  product: "f32-add",
  order: sequential,
  overflow: "saturate",
} as const;

export const f32: Accumulator = { ...base, format: "binary32", overflow: "infinity" };
export const e4m3: Accumulator = { ...base, format: "ieee-e4m3", order: blocked8 };
export const binary16: Accumulator = { ...base, format: "binary16" };

export const modes: readonly Mode[] = [
  { name: "binary16", accumulator: binary16, floor: 0.25 },
  { name: "E4M3, blocks of 8", accumulator: e4m3, floor: 0.25 },
  { name: "E4M3, blocks of 8, clamped", accumulator: e4m3, floor: 0.18, large: true },
  { name: "binary16, clamped", accumulator: binary16, floor: 0.18, large: true },
  { name: "bfloat16", accumulator: { ...base, format: "bfloat16", overflow: "infinity" }, floor: 0.36 },
  { name: "tf32", accumulator: { ...base, format: "tf32", overflow: "infinity" }, floor: 0.36 },
  { name: "binary16, product rounded", accumulator: { ...binary16, product: "rounded" }, floor: 0.18 },
  { name: "binary16, fma", accumulator: { ...binary16, product: "fma" }, floor: 0.08 },
  { name: "E4M3, fma-f32 (paper)", accumulator: { ...e4m3, product: "fma-f32" }, floor: null },
];
