// Threads: work that is really shared out, many small jobs, sessions side by side, and failures that are told.
import { resolveObjectURL } from "node:buffer";
import { Worker as NodeWorker } from "node:worker_threads";
import { tensor, type Tensor } from "@mpplan/ir";
import { createExecutor } from "@mpplan/runtime";
import { expect, test, vi } from "vitest";
import { mlp, randomSamples, uniformOf } from "../../../ir/src/testing.js";
import { backendOn, createCpuBackend } from "../backend.js";
import { nodeWorkers } from "../node.js";
import { Shared } from "../shared.js";
import { accumulatorOf, differences, nodeOf, numbers, runSums } from "@mpplan/testkit";
import { browserWorkers, type WorkerHost } from "./host.js";
import { importingSharedMemory } from "./shared-import.js";

const gemm = nodeOf("Gemm", 2, { transA: 0, transB: 1, alpha: 1, beta: 1 });

function operands(rows: number, length: number, columns: number): Tensor[] {
  return [
    tensor("float32", [rows, length], numbers.positive(rows * length, 1)),
    tensor("float32", [columns, length], numbers.network(columns * length, 2)),
  ];
}

const all = (end: number) => [{ start: 0, end, choice: { mode: "static", use: 0 } as const }];

/** Runs the sums on one thread and on these, and compares. */
function compare(shared: Shared, rows: number, length: number, columns: number): void {
  const inputs = operands(rows, length, columns);
  const [expected, actual] = [new Shared(), shared].map((s) =>
    runSums(backendOn(s), gemm, inputs, columns, [accumulatorOf({})], all(columns)),
  );
  expect(differences(actual!.values, expected!.values), `${rows} x ${length} x ${columns}`).toEqual([]);
}

/** Waits until a worker has begun: before, the calling thread does all the work by itself. */
async function warm(shared: Shared): Promise<void> {
  await vi.waitFor(
    () => {
      compare(shared, 64, 64, 64);
      expect(shared.crew!.taskCounts[1]).toBeGreaterThan(0);
    },
    { timeout: 60_000 },
  );
}

test("a job is shared out: by rows where there are many, by columns where there are few", async () => {
  const shared = new Shared(2, nodeWorkers(), 1);
  await warm(shared);
  for (const [rows, length, columns] of [
    [250, 61, 43],
    [5, 300, 801],
    [1, 500, 901],
    [2, 70, 131],
  ] as const) {
    const before = shared.crew!.taskCounts.reduce((a, b) => a + b);
    compare(shared, rows, length, columns);
    const tasks = shared.crew!.taskCounts.reduce((a, b) => a + b) - before;
    expect(tasks, `${rows} x ${length} x ${columns}`).toBeGreaterThanOrEqual(4);
  }
});

test("what a run-time test asks for again is shared out too, of many rows and of one", async () => {
  const shared = new Shared(2, nodeWorkers(), 1);
  await warm(shared);
  const accumulators = [accumulatorOf({}), accumulatorOf({ format: "binary16", product: "fma" })];
  for (const high of accumulators.keys()) {
    for (const [rows, columns] of [
      [250, 43],
      [1, 2400],
    ] as const) {
      const test = { rule: "random", share: 0.3, seed: 5 } as const;
      const choice = { mode: "dynamic", low: 0, high, test } as const;
      const inputs = operands(rows, 61, columns);
      const counts = (): number => shared.crew!.taskCounts.reduce((a, b) => a + b);
      const run = (s: Shared, share: number) =>
        runSums(backendOn(s), gemm, inputs, columns, accumulators, [
          { start: 0, end: columns, choice: { ...choice, test: { ...test, share } } },
        ]);
      const before = counts();
      run(shared, 0);
      const without = counts() - before;
      const actual = run(shared, 0.3);
      expect(counts() - before - 2 * without, `${rows} rows`).toBeGreaterThanOrEqual(4);
      const expected = run(new Shared(), 0.3);
      expect(differences(actual.values, expected.values), `${rows} rows`).toEqual([]);
      expect(actual.executed).toEqual(expected.executed);
    }
  }
});

test("small sums stay on the calling thread, and start no worker", () => {
  const start = vi.fn(nodeWorkers().start);
  const shared = new Shared(2, { ...nodeWorkers(), start });
  compare(shared, 30, 40, 50);
  expect(shared.crew!.taskCounts).toEqual([0, 0]);
  expect(start).not.toHaveBeenCalled();
});

test("a thousand small jobs in a row lose nothing", async () => {
  const shared = new Shared(3, nodeWorkers(), 1);
  await warm(shared);
  const backend = backendOn(shared);
  const inputs = operands(9, 16, 24);
  const expected = runSums(backendOn(new Shared()), gemm, inputs, 24, [accumulatorOf({})], all(24)).values;
  const before = shared.crew!.taskCounts.reduce((a, b) => a + b);
  for (let i = 0; i < 1000; i++) {
    const { values } = runSums(backend, gemm, inputs, 24, [accumulatorOf({})], all(24));
    if (differences(values, expected).length > 0) throw new Error(`job ${i} differs`);
  }
  expect(shared.crew!.taskCounts.reduce((a, b) => a + b) - before).toBe(3000);
});

test("sessions side by side on one backend get what they would get alone", async () => {
  const graph = mlp([40, 64, 48, 10], { batch: 24 });
  const accumulators = [accumulatorOf({}), accumulatorOf({ format: "binary16", product: "fma" })];
  const samples = randomSamples(graph, 4);
  const run = async (shared: Shared): Promise<number[][]> => {
    const executor = createExecutor(backendOn(shared));
    const sessions = await Promise.all(
      [0, 1].map((use) => executor.prepare(graph, uniformOf(graph, use, { accumulators }))),
    );
    return Promise.all(
      [0, 1, 2, 3].flatMap((i) =>
        sessions.map(async (session) => {
          const [out] = (await session.run(samples.at(i))).values();
          return Array.from(out!.data as Float32Array);
        }),
      ),
    );
  };
  const shared = new Shared(2, nodeWorkers(), 1);
  expect(await run(shared)).toEqual(await run(new Shared()));
  expect(shared.crew!.taskCounts[0]).toBeGreaterThan(0);
});

test("workers that were stopped are started again", async () => {
  const shared = new Shared(2, nodeWorkers(), 1);
  await warm(shared);
  shared.crew!.dispose();
  const before = shared.crew!.taskCounts[1]!;
  compare(shared, 64, 64, 64);
  await vi.waitFor(
    () => {
      compare(shared, 64, 64, 64);
      expect(shared.crew!.taskCounts[1]).toBeGreaterThan(before);
    },
    { timeout: 60_000 },
  );
});

test("a task that fails is an error, and the next job runs", async () => {
  const shared = new Shared(2, nodeWorkers(), 1);
  await warm(shared);
  const crew = shared.crew!;
  const beyond = 2 ** 32 - 64;
  const bad = (): void => {
    for (let i = 0; i < 8; i++) crew.task(1, () => crew.wasm.zero!(beyond, 64));
  };
  expect(() => crew.run(bad)).toThrow(
    /a thread of the cpu backend failed: RuntimeError: memory access out of/,
  );
  compare(shared, 64, 64, 64);
});

test("an error while a job is made leaves nothing of it behind", () => {
  const shared = new Shared(2, nodeWorkers(), 1);
  const crew = shared.crew!;
  const half = (): void => {
    crew.task(1, () => crew.wasm.zero!(0, 0));
    throw new RangeError("no memory");
  };
  expect(() => crew.run(half)).toThrow("no memory");
  crew.join();
  expect(crew.taskCounts).toEqual([0, 0]);
  compare(shared, 64, 64, 64);
});

test("a worker that ends by itself is told at the next job", async () => {
  // A script that throws at once, as one would that a page's policy refuses.
  const host: WorkerHost = {
    ...nodeWorkers(),
    start: (_script, data, failed) =>
      nodeWorkers().start("var worker = { serve() { throw new Error('refused') } };", data, failed),
  };
  const shared = new Shared(2, host, 1);
  // The calling thread does it all; it has not heard of the failure yet.
  compare(shared, 64, 64, 64);
  await vi.waitFor(() => expect(() => compare(shared, 64, 64, 64)).toThrow(), { timeout: 60_000 });
  expect(() => compare(shared, 64, 64, 64)).toThrow("the cpu backend lost a thread: refused");
});

test("a worker that takes a task and never finishes it is an error, not a hang", async () => {
  // It takes the last task of the first job it sees, and sleeps.
  const script = `var worker = { serve({ control }) {
    const words = new Int32Array(control, 0, 16);
    for (;;) {
      const word = Atomics.load(words, 0);
      if ((word & 4095) === 0) Atomics.wait(words, 0, word);
      else if (Atomics.compareExchange(words, 0, word, word - 1) === word) Atomics.wait(words, 15, 0);
    }
  } };`;
  const host: WorkerHost = {
    ...nodeWorkers(),
    start: (_script, data, failed) => nodeWorkers().start(script, data, failed),
  };
  const shared = new Shared(2, host, 1);
  vi.spyOn(Atomics, "wait").mockReturnValue("timed-out");
  let now = 0;
  vi.spyOn(performance, "now").mockImplementation(() => (now += 40_000));
  try {
    await vi.waitFor(() => expect(() => compare(shared, 64, 64, 64)).toThrow("not finished after 60 s"), {
      timeout: 60_000,
    });
  } finally {
    vi.restoreAllMocks();
  }
  expect(() => compare(shared, 64, 64, 64)).toThrow("create it again, or with one thread");
});

test("threads that cannot be had are refused by number, and explained where as many as possible are asked for", () => {
  const here = nodeWorkers();
  expect(createCpuBackend({ threads: "auto", workers: here }).threads).toBe(here.parallelism);
  expect(createCpuBackend({ threads: 3, workers: here })).toMatchObject({ threads: 3, oneThread: null });
  const none: WorkerHost = { ...here, unavailable: "no workers here" };
  expect(createCpuBackend({ threads: "auto", workers: none })).toMatchObject({
    threads: 1,
    oneThread: "no workers here",
  });
  expect(() => createCpuBackend({ threads: 2, workers: none })).toThrow("1 thread, not 2: no workers here");
  expect(() => createCpuBackend({ threads: 2 })).toThrow("no workers were given");
  expect(createCpuBackend({ threads: "auto" }).oneThread).toMatch("no workers were given");
  expect(createCpuBackend().oneThread).toBeNull();
  for (const threads of [0, -1, 1.5, NaN, 129])
    expect(() => createCpuBackend({ threads, workers: here })).toThrow("1 to 128 threads");
  // Node has no cross-origin isolated pages.
  expect(browserWorkers().unavailable).toMatch(/no workers|not cross-origin isolated/);
});

/** A browser's Worker, on node:worker_threads: it reads its script from a Blob and takes one message. */
class PageWorker {
  static started = 0;
  onerror: ((event: { message: string }) => void) | null = null;
  private readonly worker: Promise<NodeWorker>;

  constructor(address: string) {
    PageWorker.started++;
    const shim =
      "var onmessage; require('node:worker_threads').parentPort.once('message', (data) => onmessage({ data }));";
    this.worker = resolveObjectURL(address)!
      .text()
      .then((script) => new NodeWorker(`${shim}\n${script}`, { eval: true, execArgv: [] }));
    void this.worker.then((worker) => {
      worker.unref();
      worker.on("error", (error: Error) => this.onerror?.(error));
    });
  }

  postMessage(data: unknown): void {
    void this.worker.then((worker) => worker.postMessage(data));
  }

  terminate(): void {
    void this.worker.then((worker) => worker.terminate());
  }
}

test("a browser's workers are started from a Blob, in a page that may share memory", async () => {
  vi.stubGlobal("Worker", PageWorker);
  expect(browserWorkers().unavailable).toMatch("not cross-origin isolated");
  vi.stubGlobal("crossOriginIsolated", true);
  expect(browserWorkers().unavailable).toBeNull();
  const shared = new Shared(2, browserWorkers(), 1);
  await warm(shared);
  expect(PageWorker.started).toBe(1);
  shared.crew!.dispose();
  // The main thread of a page.
  vi.spyOn(Atomics, "wait").mockImplementation(() => {
    throw new TypeError("Atomics.wait cannot be called in this context");
  });
  expect(browserWorkers().unavailable).toMatch("the main thread of a page may not wait");
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

test("only the module that is expected is made to import shared memory", () => {
  const module = Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 1, 0, 3, 1, 0]);
  expect(() => importingSharedMemory(module)).toThrow("not what it should be");
});
