// The threads of a backend: records wasm calls as tasks, then carries them out together with the workers, and waits
// for the last one. Who takes which task is left to chance: each writes where no other does.
import { workerScript } from "../generated/worker.js";
import type { Lane, Memory, Wasm } from "../memory.js";
import type { WorkerHandle, WorkerHost } from "./host.js";
import {
  callsAt,
  carryOut,
  claim,
  claimBits,
  claimWord,
  countWord,
  doneWord,
  functionNames,
  laneAddress,
  laneBytesAt,
  lanesAt,
  mostTasks,
  queueAt,
  queueLength,
  takeFailure,
  tasksAt,
  totalWord,
  type WasmFunction,
} from "./protocol.js";

const align = 64;
/** Vectors may be read up to here behind the end of what is needed. */
const slack = 64;

/**
 * Below so many multiply-accumulates a job stays on the calling thread. Sharing a job out costs 20 to 40 microseconds,
 * and these take the f32 kernel 200: two free cores gain, and a core that is not free costs a sixth at most. How that
 * was found is in docs/results/speed.md.
 */
const defaultLeastMacs = 2 ** 21;

/** A worker that is given work and finishes nothing for so long is lost; and so many multiply-accumulates a second. */
const patienceMilliseconds = 60_000;
const leastMacsPerMillisecond = 10_000;

const forgotten = new FinalizationRegistry<WorkerHandle[]>((workers) => {
  for (const worker of workers.splice(0)) worker.stop();
});

export class Crew implements Lane {
  /** Records instead of computing. */
  readonly wasm: Wasm;
  private readonly control = new SharedArrayBuffer(queueAt + 8 * queueLength);
  private readonly words = new Int32Array(this.control, 0, queueAt / 4);
  private readonly queue = new Float64Array(this.control, queueAt);
  private readonly functions: readonly WasmFunction[];
  private readonly workers: WorkerHandle[] = [];
  private job = 0;
  private broken: Error | null = null;
  /** Recorded tasks: each the number of its calls, then per call the function, the number of arguments, those. */
  private tasks: number[][] = [];
  private current: number[] | null = null;
  private macs = 0;
  private readonly places = new Map<string, { offset: number; size: number }>();
  private laneBytes = 0;

  constructor(
    private readonly memory: Memory,
    readonly threads: number,
    private readonly host: WorkerHost,
    /** Multiply-accumulates from which on a job is shared out. */
    readonly leastMacs = defaultLeastMacs,
  ) {
    const names = functionNames(memory.module);
    this.functions = names.map((name) => memory.wasm[name]!);
    this.wasm = Object.fromEntries(
      names.map((name, f) => [name, (...args: number[]): void => this.record(f, args)]),
    );
    forgotten.register(this, this.workers);
  }

  /** Lets `record` add tasks, and carries out those that are left. Nothing recorded outlives an error. */
  run(record: () => void): void {
    try {
      record();
      this.join();
    } finally {
      this.forget();
    }
  }

  /** Adds a task: the wasm calls that are recorded on this lane meanwhile. */
  task(macs: number, record: () => void): void {
    this.current = [0];
    record();
    this.tasks.push(this.current);
    this.current = null;
    this.macs += macs;
  }

  /** In a task: an address that stands for the same place in every thread's own lane. */
  scratch(name: string, size: number): number {
    const known = this.places.get(name);
    if (known && known.size >= size) return laneAddress + known.offset;
    const offset = this.laneBytes;
    this.places.set(name, { offset, size });
    this.laneBytes += Math.ceil((size + slack) / align) * align;
    return laneAddress + offset;
  }

  /**
   * Carries out all the tasks that were added so far.
   *
   * @throws Error if a task or a worker failed
   */
  join(): void {
    if (this.tasks.length === 0) return;
    if (this.broken) throw this.broken;
    this.start();
    const lanes = this.memory.scratch("lanes", this.laneBytes * this.threads);
    for (const tasks of batches(this.tasks)) this.carryOut(tasks, lanes);
    this.forget();
  }

  /** Tasks that each thread has carried out; the first is the calling one. */
  get taskCounts(): number[] {
    return Array.from({ length: this.threads }, (_, thread) => Atomics.load(this.words, countWord + thread));
  }

  /** Stops the workers; the next job starts them again. */
  dispose(): void {
    for (const worker of this.workers.splice(0)) worker.stop();
  }

  private record(f: number, args: number[]): void {
    if (!this.current) throw new Error("internal: a wasm call was recorded outside of a task");
    this.current[0]!++;
    this.current.push(f, args.length, ...args);
  }

  private forget(): void {
    this.tasks = [];
    this.current = null;
    this.macs = 0;
    this.places.clear();
    this.laneBytes = 0;
  }

  private start(): void {
    if (this.workers.length > 0) return;
    const { memory, module } = this.memory;
    // The crew must not be kept by its workers.
    const self = new WeakRef(this);
    const failed = (error: Error): void => void self.deref()?.lose(error.message);
    for (let thread = 1; thread < this.threads; thread++) {
      const data = { module, memory, control: this.control, thread };
      this.workers.push(this.host.start(workerScript, data, failed));
    }
  }

  private lose(why: string): Error {
    this.broken ??= new Error(`the cpu backend lost a thread: ${why}; create it again, or with one thread`);
    this.dispose();
    return this.broken;
  }

  private carryOut(tasks: readonly number[][], lanes: number): void {
    const { words, functions } = this;
    const needed = callsAt + tasks.reduce((sum, task) => sum + task.length, 0);
    const shared = needed <= queueLength;
    const queue = shared ? this.queue : new Float64Array(needed);
    queue[lanesAt] = lanes;
    queue[laneBytesAt] = this.laneBytes;
    let at = callsAt;
    // The last is claimed first.
    for (const [i, task] of tasks.entries()) {
      queue[tasksAt + tasks.length - 1 - i] = at;
      queue.set(task, at);
      at += task.length;
    }
    Atomics.store(words, doneWord, 0);
    Atomics.store(words, totalWord, tasks.length);
    if (shared) {
      this.job = (this.job + 1) % 2 ** (31 - claimBits);
      Atomics.store(words, claimWord, this.job * 2 ** claimBits + tasks.length);
      Atomics.notify(words, claimWord, Math.min(tasks.length, this.threads) - 1);
      for (let task = claim(words); task >= 0; task = claim(words))
        carryOut(words, queue, functions, task, 0);
      this.wait(tasks.length);
    } else {
      // One task alone that is longer than the queue.
      for (const task of tasks.keys()) carryOut(words, queue, functions, task, 0);
    }
    const failure = takeFailure(words);
    if (failure !== null) throw new Error(`a thread of the cpu backend failed: ${failure}`);
  }

  private wait(total: number): void {
    const { words } = this;
    const patience = patienceMilliseconds + this.macs / leastMacsPerMillisecond;
    let since = performance.now();
    for (let done = Atomics.load(words, doneWord); done < total;) {
      Atomics.wait(words, doneWord, done, patience);
      const before = done;
      done = Atomics.load(words, doneWord);
      if (done !== before) since = performance.now();
      else if (performance.now() - since >= patience)
        throw this.lose(`${total - done} tasks are not finished after ${Math.round(patience / 1000)} s`);
    }
  }
}

/** As many tasks at a time as the queue takes. */
function batches(tasks: readonly number[][]): number[][][] {
  const result: number[][][] = [];
  let room = 0;
  for (const task of tasks) {
    if (result.length === 0 || room < task.length || result.at(-1)!.length === mostTasks) {
      result.push([]);
      room = queueLength - callsAt;
    }
    result.at(-1)!.push(task);
    room -= task.length;
  }
  return result;
}
