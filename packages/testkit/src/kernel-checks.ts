// What the kernel suite checks, without a test runner, so that a page of a browser can: generated sums and operators,
// compared with the reference. Sums are the same bits; other operators may differ by what a backend declares. What a
// backend refuses must be on its list of gaps.
import { isTensor, type RuntimeValue, type Tensor } from "@mpplan/ir";
import {
  createReferenceBackend,
  type Kernel,
  type KernelBackend,
  type KernelRequest,
  type SumCounts,
} from "@mpplan/runtime";
import { mixedCases, plainCases, uniformCases, valueCases, type PlainCase, type SumCase } from "./cases.js";
import { differences } from "./sums.js";

/** Something that a backend leaves to others, and why that is accepted. */
export interface Gap {
  /** A part of the names of the cases that it covers. */
  readonly of: string;
  /** The sums that it is a gap in; left out, all that is checked. */
  readonly among?: "products" | "values";
  readonly because: string;
}

export interface SuiteOptions {
  readonly gaps: readonly Gap[];
  /**
   * By how much a value without sums may differ, in units of the last binary32 place of the exact value; 0 for the
   * same bits, which is the default. Sums have no allowance.
   */
  readonly allow?: (op: string) => number;
  readonly seed?: number;
}

/** One case, under a heading that says what is asked of it. */
export interface Check {
  readonly group: string;
  readonly name: string;
  /** Throws where the backend does not do what is asked. */
  run(backend: KernelBackend): Promise<void>;
}

const reference = createReferenceBackend();

/** The suite's cases, in an order that follows from the options. */
export function kernelChecks(options: SuiteOptions): Check[] {
  const { gaps, seed = 1 } = options;
  return [
    ...[...uniformCases(seed), ...mixedCases(seed), ...valueCases(seed)].map((each): Check => ({
      group: "sums are the reference's, bit for bit",
      name: each.name,
      run: (backend) => checkSums(backend, each, gaps),
    })),
    ...plainCases(seed).map((each): Check => ({
      group: "operators without sums",
      name: each.name,
      run: (backend) => checkPlain(backend, each, options),
    })),
  ];
}

interface Ran {
  readonly values: readonly Tensor[];
  readonly executed: SumCounts | undefined;
}

/** Throws where the two differ. */
type Compare = (actual: Ran, expected: Ran) => void;

/** Throws where a kernel differs, where one is missing, and where a gap is none. */
export async function checkSums(backend: KernelBackend, each: SumCase, gaps: readonly Gap[]): Promise<void> {
  await check(backend, sumRequest(each), each, gapOf(gaps, each), sameSums);
}

/** The same for an operator without sums. */
export async function checkPlain(
  backend: KernelBackend,
  each: PlainCase,
  { gaps, allow = () => 0 }: SuiteOptions,
): Promise<void> {
  const ulps = allow(each.node.op);
  await check(backend, plainRequest(each), each, gapOf(gaps, each), (actual, expected) => {
    const apart = furthest(actual.values, expected.values);
    if (!(apart <= ulps)) throw new Error(`${apart} places from the reference; allowed are ${ulps}`);
  });
}

async function check(
  backend: KernelBackend,
  request: KernelRequest,
  { inputs }: SumCase | PlainCase,
  gap: Gap | undefined,
  compare: Compare,
): Promise<void> {
  const kernel = backend.kernelFor(request);
  if (gap) {
    if (kernel.kind === "kernel") throw new Error(`a gap that passes: "${gap.of}", because ${gap.because}`);
    if (kernel.reason === "") throw new Error(`a gap without a reason: "${gap.of}"`);
    return;
  }
  if (kernel.kind !== "kernel") throw new Error(`an unlisted gap: ${kernel.reason}`);
  const asked = request.node.outputs.length;
  const expected = await run(reference, reference.kernelFor(request) as Kernel, inputs, asked);
  compare(await run(backend, kernel, inputs, asked), expected);
}

/** The values of the node's outputs; a kernel may yield more. */
async function run(
  backend: KernelBackend,
  kernel: Kernel,
  inputs: readonly (Tensor | null)[],
  asked: number,
): Promise<Ran> {
  const handles = inputs.map((t) => t && backend.upload(t));
  const result = await kernel.run(handles, { salt: 3, memo: null });
  const values: Tensor[] = [];
  for (const output of result.outputs) {
    const value: RuntimeValue = await backend.download(output);
    if (isTensor(value) && values.length < asked) values.push(value);
    backend.free(output);
  }
  return { values, executed: result.executed ?? (await result.executedLater?.()) };
}

const sameSums: Compare = (actual, expected) => {
  const [one, other] = [actual.values[0]!, expected.values[0]!];
  same("dims", one.dims, other.dims);
  const wrong = differences(one.data as Float32Array, other.data as Float64Array);
  if (wrong.length > 0) throw new Error(`other numbers than expected: ${wrong.join(", ")}`);
  same("counts", actual.executed, expected.executed);
};

function same(what: string, actual: unknown, expected: unknown): void {
  const [one, other] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (one !== other) throw new Error(`${what} ${one}, expected were ${other}`);
}

/** The largest difference in binary32 places; Infinity for other dims, or where only one is NaN. */
function furthest(actual: readonly Tensor[], expected: readonly Tensor[]): number {
  let most = 0;
  for (const [i, { dims, data, elem }] of expected.entries()) {
    const other = actual[i];
    if (other?.elem !== elem || JSON.stringify(other.dims) !== JSON.stringify(dims)) return Infinity;
    for (let k = 0; k < data.length; k++) {
      const [x, y] = [Number(data[k]), Number(other.data[k])];
      if (Object.is(x, y)) continue;
      const place = Math.max(2 ** (Math.floor(Math.log2(Math.abs(x))) - 23), 2 ** -149);
      const apart = Math.abs(x - y) / place;
      most = Math.max(most, Number.isNaN(apart) ? Infinity : apart);
    }
  }
  return most;
}

function gapOf(gaps: readonly Gap[], each: SumCase | PlainCase): Gap | undefined {
  const sums = "term" in each ? "values" : "products";
  return gaps.find(({ of, among = sums }) => each.name.includes(of) && among === sums);
}

function sumRequest({ node, neurons, accumulators, ranges, arrangement, term }: SumCase): KernelRequest {
  const decision = {
    ...{ site: node.id, neurons, ranges },
    ...(arrangement && { arrangement }),
    ...(term && { term }),
  };
  return {
    ...{ node, accumulators, firstComponent: 1000, storage: "binary32", seed: 7 },
    site: { id: node.id, node: node.id, neurons } as KernelRequest["site"],
    decision: decision as unknown as KernelRequest["decision"],
  };
}

function plainRequest({ node }: PlainCase): KernelRequest {
  return {
    node,
    site: null,
    decision: null,
    accumulators: [],
    firstComponent: 0,
    storage: "binary32",
    seed: 7,
  };
}
