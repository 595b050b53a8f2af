// A worker's whole life: sleep until there is a job, take its tasks until none is left. build-worker.mjs makes
// ../generated/worker.ts of it, since a worker is started from text, in Node and in a browser alike.
import { carryOut, claim, claimWord, functionsOf, mostTasks, queueAt, type WorkerData } from "./protocol.js";

export function serve({ module, memory, control, thread }: WorkerData): void {
  const words = new Int32Array(control, 0, queueAt / 4);
  const queue = new Float64Array(control, queueAt);
  const abort = (): never => {
    throw new Error("internal: the wasm kernels were aborted");
  };
  const functions = functionsOf(module, new WebAssembly.Instance(module, { env: { memory, abort } }));
  for (;;) {
    for (let task = claim(words); task >= 0; task = claim(words))
      carryOut(words, queue, functions, task, thread);
    const word = Atomics.load(words, claimWord);
    if ((word & mostTasks) === 0) Atomics.wait(words, claimWord, word);
  }
}
