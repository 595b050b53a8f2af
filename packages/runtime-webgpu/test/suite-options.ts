// What this backend may leave to others and by how much its operators may differ, on every adapter.
import type { Gap, SuiteOptions } from "@mpplan/testkit/checks";

const gaps: readonly Gap[] = [
  { of: "binary64", because: "a GPU has no binary64" },
  { of: "softmax", because: "the test sums exponentials in binary64" },
];

/** In binary32 places: what is one rounding is exact, what cancels or takes WGSL's functions is not. */
const allow = (op: string): number =>
  ({
    AveragePool: 32,
    BatchNormalization: 64,
    Div: 3,
    Exp: 16,
    GlobalAveragePool: 32,
    HardSigmoid: 2,
    Pow: 2,
    ReduceMean: 8,
    Sigmoid: 8,
    Sqrt: 2,
    Tanh: 256,
  })[op] ?? 0;

export const suiteOptions: SuiteOptions = { gaps, allow };
