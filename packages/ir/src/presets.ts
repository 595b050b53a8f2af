// Named pairs of accumulators. Each is a documented model of hardware or of a paper, checked on no device.
import { IrError } from "./errors.js";
import { noOperands, type Accumulator, type Operands, type SumOrder } from "./precision.js";

export interface Preset {
  readonly name: string;
  readonly low: Accumulator;
  readonly high: Accumulator;
  readonly operands: Operands;
  /** What it is a model of, and where that comes from. */
  readonly about: string;
}

const blocked8: SumOrder = { kind: "blocked", block: 8 };
const sequential: SumOrder = { kind: "sequential" };
const binary32: Accumulator = {
  format: "binary32",
  order: sequential,
  product: "f32-add",
  rounding: "nearest-even",
  overflow: "infinity",
};
const e4m3: Operands = { weights: "ieee-e4m3", activations: null };

function pair(order: SumOrder, product: Accumulator["product"]): Pick<Preset, "low" | "high"> {
  const common = { order, product, rounding: "nearest-even", overflow: "saturate" } as const;
  return { low: { format: "ieee-e4m3", ...common }, high: { format: "binary16", ...common } };
}

export const presets: readonly Preset[] = [
  {
    name: "block32-f32",
    low: {
      format: "binary16",
      order: { kind: "chunked", chunk: 32, outer: "binary32" },
      product: "rounded",
      rounding: "nearest-even",
      overflow: "infinity",
    },
    high: binary32,
    operands: noOperands,
    about: "f16 sums of 32 terms, promoted to f32: the blocked shader kernels of WebGPU runtimes",
  },
  {
    name: "e4m3-f16",
    ...pair(blocked8, "f32-add"),
    operands: e4m3,
    about:
      "the default: E4M3 (max 240) against binary16 in blocks of 8, saturating, as fast to emulate as it gets",
  },
  {
    name: "hopper-e4m3",
    low: {
      format: "e8m13",
      order: { kind: "aligned", group: 32, bits: 14 },
      product: "fma-f32",
      rounding: "toward-zero",
      overflow: "infinity",
    },
    high: binary32,
    operands: { weights: "ocp-e4m3", activations: "ocp-e4m3" },
    about:
      "FP8 matrix units that keep about 14 bits of 32 aligned products (deepseek-ai/DeepGEMM#50; arXiv 2511.10909)",
  },
  {
    name: "paper",
    ...pair(blocked8, "fma-f32"),
    operands: e4m3,
    about:
      "the simulator of El Arar, Filip, Mary and Riccietti (arXiv 2503.15568; mptorch, branch feature-mixedprec)",
  },
  {
    name: "promote128-e4m3",
    low: {
      format: "e8m13",
      order: { kind: "chunked", chunk: 128, outer: "binary32" },
      product: "fma-f32",
      rounding: "toward-zero",
      overflow: "infinity",
    },
    high: binary32,
    operands: { weights: "ocp-e4m3", activations: "ocp-e4m3" },
    about: "FP8 sums promoted to f32 every 128 terms, as DeepGEMM does",
  },
  {
    name: "seq-bf16",
    low: {
      format: "bfloat16",
      order: sequential,
      product: "rounded",
      rounding: "nearest-even",
      overflow: "infinity",
    },
    high: binary32,
    operands: noOperands,
    about: "one running bfloat16 sum, product and sum rounded",
  },
  {
    name: "seq-f16",
    low: {
      format: "binary16",
      order: sequential,
      product: "rounded",
      rounding: "nearest-even",
      overflow: "infinity",
    },
    high: binary32,
    operands: noOperands,
    about: "one running f16 sum, product and sum rounded: a plain f16 shader loop",
  },
];

export const defaultPreset = "e4m3-f16";

/** @throws IrError `unknown-preset`, naming those there are. */
export function presetNamed(name: string): Preset {
  const preset = presets.find((p) => p.name === name);
  if (preset) return preset;
  throw new IrError("unknown-preset", {
    what: `There is no preset "${name}"`,
    where: "the choice of accumulators",
    next: `use one of: ${presets.map((p) => p.name).join(", ")}`,
  });
}
