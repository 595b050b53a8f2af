// The suite that every backend passes: generated sums and operators, compared with the reference. Sums are the same
// bits; other operators may differ by what a backend declares. What it refuses must be on its list of gaps.
import { isTensor, type RuntimeValue, type Tensor } from "@mpplan/ir";
import {
  createReferenceBackend,
  type Kernel,
  type KernelBackend,
  type KernelRequest,
  type SumCounts,
  type Unsupported,
} from "@mpplan/runtime";
import { describe, expect, test } from "vitest";
import { mixedCases, plainCases, uniformCases, type PlainCase, type SumCase } from "./cases.js";
import { differences } from "./sums.js";

/** Something that a backend leaves to others, and why that is accepted. */
export interface Gap {
  /** A part of the names of the cases that it covers. */
  readonly of: string;
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

type Open = () => KernelBackend | Promise<KernelBackend>;

const reference = createReferenceBackend();

/** Declares the suite's tests for a backend. `open` is called once. */
export function kernelSuite(open: Open, { gaps, allow = () => 0, seed = 1 }: SuiteOptions): void {
  let backend: Promise<KernelBackend> | undefined;
  const opened = (): Promise<KernelBackend> => (backend ??= Promise.resolve(open()));
  const sums = [...uniformCases(seed), ...mixedCases(seed)];
  const plain = plainCases(seed);

  describe("sums are the reference's, bit for bit", () => {
    for (const each of sums) {
      test(each.name, async () => {
        await checkSums(await opened(), each, gaps);
      });
    }
  });
  describe("operators without sums", () => {
    for (const each of plain) {
      test(each.name, async () => {
        const ulps = allow(each.node.op);
        const compare: Compare = (actual, expected) => {
          expect(furthest(actual.values, expected.values)).toBeLessThanOrEqual(ulps);
        };
        await check(await opened(), plainRequest(each), each, gapOf(gaps, each.name), compare);
      });
    }
  });
  test("every gap is one", () => {
    const names = [...sums, ...plain].map(({ name }) => name);
    expect(gaps.filter((gap) => !names.some((name) => name.includes(gap.of)))).toEqual([]);
  });
}

interface Ran {
  readonly values: readonly Tensor[];
  readonly executed: SumCounts | undefined;
}

type Compare = (actual: Ran, expected: Ran) => void;

/** One case of the suite: throws where a kernel differs, where one is missing, and where a gap is none. */
export async function checkSums(backend: KernelBackend, each: SumCase, gaps: readonly Gap[]): Promise<void> {
  await check(backend, sumRequest(each), each, gapOf(gaps, each.name), sameSums);
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
    expect(kernel.kind, `a gap that passes: "${gap.of}", because ${gap.because}`).toBe("unsupported");
    expect((kernel as Unsupported).reason).not.toBe("");
    return;
  }
  if (kernel.kind !== "kernel") throw new Error(`an unlisted gap: ${kernel.reason}`);
  const expected = await run(reference, reference.kernelFor(request) as Kernel, inputs);
  compare(await run(backend, kernel, inputs), expected);
}

async function run(backend: KernelBackend, kernel: Kernel, inputs: readonly (Tensor | null)[]): Promise<Ran> {
  const handles = inputs.map((t) => t && backend.upload(t));
  const result = await kernel.run(handles, { salt: 3, memo: null });
  const values: Tensor[] = [];
  for (const output of result.outputs) {
    const value: RuntimeValue = await backend.download(output);
    if (isTensor(value)) values.push(value);
    backend.free(output);
  }
  return { values, executed: result.executed ?? (await result.executedLater?.()) };
}

const sameSums: Compare = (actual, expected) => {
  const [one, other] = [actual.values[0]!, expected.values[0]!];
  expect(one.dims).toEqual(other.dims);
  expect(differences(one.data as Float32Array, other.data as Float64Array)).toEqual([]);
  expect(actual.executed).toEqual(expected.executed);
};

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

function gapOf(gaps: readonly Gap[], name: string): Gap | undefined {
  return gaps.find(({ of }) => name.includes(of));
}

function sumRequest({ node, neurons, accumulators, ranges, arrangement }: SumCase): KernelRequest {
  const decision = { site: node.id, neurons, ranges, ...(arrangement && { arrangement }) };
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
