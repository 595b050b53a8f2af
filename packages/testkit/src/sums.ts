// One node with sums, run on a backend by itself; numbers of many kinds, each list from a seed.
import { seededRandom } from "@mpplan/formats";
import type { Accumulator, Choice, Node, Tensor } from "@mpplan/ir";
import type { Kernel, KernelBackend, KernelRequest, KernelResult } from "@mpplan/runtime";

/** Numbers of many kinds, always binary32. */
export type Numbers = (count: number, seed: number) => Float32Array;

const generated =
  (make: (u: () => number, i: number) => number): Numbers =>
  (count, seed) => {
    const random = seededRandom(seed);
    const u = (): number => random() / 2 ** 24;
    return Float32Array.from({ length: count }, (_, i) => make(u, i));
  };

const pick = <T>(u: () => number, list: readonly T[]): T => list[Math.floor(u() * list.length)]!;
const sign = (u: () => number): number => (u() < 0.5 ? -1 : 1);

export const numbers = {
  network: generated((u) => (u() + u() + u() - 1.5) * 0.2),
  full: generated((u) => (u() * 2 - 1) * (1 + u())),
  /** Few bits: products are exact in binary32, and ties are frequent. */
  few: generated((u) => sign(u) * Math.floor(u() * 16) * 2 ** -Math.floor(u() * 4)),
  ties: generated((u) => sign(u) * (1 + Math.floor(u() * 8) / 8) * 2 ** (Math.floor(u() * 14) - 10)),
  wide: generated((u) => sign(u) * (1 + u()) * 2 ** (Math.floor(u() * 40) - 20)),
  cancelling: generated((u, i) => (i % 2 ? -1 : 1) * (1 + Math.floor(u() * 4) * 2 ** -9)),
  tiny: generated((u) => sign(u) * u() * 2 ** -(10 + Math.floor(u() * 12))),
  subnormal: generated((u) => sign(u) * Math.floor(u() * 2 ** 10) * 2 ** -149),
  large: generated((u) => sign(u) * u() * 2 ** (8 + Math.floor(u() * 8))),
  huge: generated((u) => sign(u) * (1 + u()) * 2 ** (Math.floor(u() * 30) + 97)),
  positive: generated((u) => u() * 4),
  special: generated((u) =>
    pick(u, [
      0,
      -0,
      1,
      -1,
      0.5,
      3,
      240,
      65504,
      1e-6,
      Infinity,
      -Infinity,
      NaN,
      2 ** -149,
      3.4028234663852886e38,
    ]),
  ),
  zeros: generated(() => 0),
} satisfies Record<string, Numbers>;

export type NumbersName = keyof typeof numbers;

export const accumulatorOf = (change: Partial<Accumulator>): Accumulator => ({
  format: "ieee-e4m3",
  order: { kind: "sequential" },
  product: "f32-add",
  rounding: "nearest-even",
  overflow: "saturate",
  ...change,
});

export function nodeOf(op: Node["op"], inputs: number, attrs: Node["attrs"] = {}): Node {
  return {
    id: "n",
    op,
    inputs: Array.from({ length: inputs }, (_, i) => `x${i}`),
    outputs: ["y"],
    attrs,
    origin: { name: "n", opType: op, domain: "", opset: 17 },
  };
}

/** One sum node with the given choices, on a backend that answers at once. */
export function runSums(
  backend: KernelBackend,
  node: Node,
  inputs: readonly (Tensor | null)[],
  neurons: number,
  accumulators: readonly Accumulator[],
  ranges: readonly { start: number; end: number; choice: Choice }[] | null,
): { values: ArrayLike<number>; executed: KernelResult["executed"] } {
  const site = { id: "n", node: "n", neurons } as KernelRequest["site"];
  const decision = ranges && ({ site: "n", neurons, ranges } as unknown as KernelRequest["decision"]);
  const kernel = backend.kernelFor({
    ...{ node, site, decision, accumulators, firstComponent: 1000, seed: 7 },
    storage: ranges ? "binary32" : "binary64",
  }) as Kernel;
  if (kernel.kind !== "kernel") throw new Error(JSON.stringify(kernel));
  const handles = inputs.map((t) => t && backend.upload(t));
  const result = kernel.run(handles, { salt: 3, memo: null }) as KernelResult;
  const output = backend.download(result.outputs[0]!) as Tensor;
  return { values: output.data as Float64Array, executed: result.executed };
}

/** The first places where two lists are not the same numbers, bit for bit; NaN is one number. */
export function differences(a: ArrayLike<number>, b: ArrayLike<number>): string[] {
  const found: string[] = a.length === b.length ? [] : [`lengths ${a.length} and ${b.length}`];
  for (let i = 0; i < a.length && found.length < 3; i++) {
    if (!Object.is(a[i], b[i])) found.push(`[${i}] ${a[i]} and ${b[i]}`);
  }
  return found;
}
