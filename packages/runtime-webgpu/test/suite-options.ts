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
    Elu: 4,
    Erf: 4,
    Exp: 16,
    Gelu: 32,
    GlobalAveragePool: 32,
    HardSigmoid: 2,
    HardSwish: 16,
    Log: 32,
    Mean: 4,
    Pow: 2,
    Reciprocal: 3,
    ReduceL1: 2,
    ReduceL2: 3,
    ReduceMean: 8,
    ReduceSumSquare: 2,
    Resize: 4,
    Selu: 6,
    Sigmoid: 8,
    Softplus: 16,
    Softsign: 3,
    Sqrt: 2,
    Sum: 4,
    Swish: 12,
    Tanh: 256,
  })[op] ?? 0;

export const suiteOptions: SuiteOptions = { gaps, allow };
