// What the threads share beside the wasm memory: a few words to claim tasks by, and a queue of recorded wasm calls.
// This file is also part of the worker's own code: it imports nothing.

/**
 * Tasks still to be claimed (low bits), under the number of the job (high bits). A claim is an exchange of the whole
 * word, so that a thread that wakes up late can never take a task of another job.
 */
export const claimWord = 0;
/** Tasks of the job that are finished, and how many there are. */
export const doneWord = 1;
export const totalWord = 2;
/** Characters of the message of a task that failed; 0 for none. */
export const failedWord = 3;
/** Tasks that each thread has carried out, from here on. */
export const countWord = 16;

export const claimBits = 12;
export const mostTasks = 2 ** claimBits - 1;
export const mostThreads = 128;

export const messageAt = 1024;
export const mostMessage = 512;
export const queueAt = 2048;
/** Numbers in the queue. */
export const queueLength = 2 ** 19;

/** Where the lanes begin and how far apart they are; then where each task begins. */
export const lanesAt = 0;
export const laneBytesAt = 1;
export const tasksAt = 2;
export const callsAt = tasksAt + mostTasks;

/**
 * Addresses in a lane are recorded as this plus an offset: whichever thread takes the task adds its own lane. No
 * other argument of a wasm function has a fraction at that size: scale factors are binary32 numbers.
 */
export const laneAddress = 2 ** 40 + 0.5;

/** What a worker is started with. */
export interface WorkerData {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly control: SharedArrayBuffer;
  readonly thread: number;
}

export type WasmFunction = (...args: number[]) => void;

/** The module's functions in the order by which the queue names them. */
export function functionsOf(module: WebAssembly.Module, instance: WebAssembly.Instance): WasmFunction[] {
  return functionNames(module).map((name) => instance.exports[name] as WasmFunction);
}

export function functionNames(module: WebAssembly.Module): string[] {
  return WebAssembly.Module.exports(module)
    .filter(({ kind }) => kind === "function")
    .map(({ name }) => name);
}

/** Takes a task of the job that is on; -1 where none is left. */
export function claim(words: Int32Array): number {
  for (;;) {
    const word = Atomics.load(words, claimWord);
    const left = word & mostTasks;
    if (left === 0) return -1;
    // From the last to the first: the number of those left is all that there is to keep.
    if (Atomics.compareExchange(words, claimWord, word, word - 1) === word) return left - 1;
  }
}

/** Carries out one task's calls, in a thread's own lane, and counts it as done, whatever became of it. */
export function carryOut(
  words: Int32Array,
  queue: Float64Array,
  functions: readonly WasmFunction[],
  task: number,
  thread: number,
): void {
  try {
    const lane = queue[lanesAt]! + thread * queue[laneBytesAt]!;
    let at = queue[tasksAt + task]!;
    for (let calls = queue[at++]!; calls > 0; calls--) {
      const f = functions[queue[at]!]!;
      const count = queue[at + 1]!;
      const args = Array.from(queue.subarray(at + 2, at + 2 + count), (x) =>
        x >= laneAddress && x % 1 !== 0 ? lane + (x - laneAddress) : x,
      );
      f(...args);
      at += 2 + count;
    }
  } catch (error) {
    writeFailure(words, String(error));
  }
  Atomics.add(words, countWord + thread, 1);
  if (Atomics.add(words, doneWord, 1) + 1 === Atomics.load(words, totalWord)) Atomics.notify(words, doneWord);
}

/** Keeps the first message of a job. */
function writeFailure(words: Int32Array, message: string): void {
  const text = message.slice(0, mostMessage);
  if (Atomics.compareExchange(words, failedWord, 0, Math.max(1, text.length)) !== 0) return;
  const characters = new Uint16Array(words.buffer, messageAt, mostMessage);
  for (let i = 0; i < text.length; i++) characters[i] = text.charCodeAt(i);
}

/** @returns the message of a task that failed, which is then forgotten; null where all went well. */
export function takeFailure(words: Int32Array): string | null {
  const length = Atomics.exchange(words, failedWord, 0);
  if (length === 0) return null;
  return String.fromCharCode(...new Uint16Array(words.buffer, messageAt, length));
}
