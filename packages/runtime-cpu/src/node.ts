// @mpplan/runtime-cpu/node: threads in Node, for createCpuBackend({ threads, workers: nodeWorkers() }).
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { WorkerHost } from "./threads/host.js";

/** Workers of node:worker_threads. They do not keep a process alive. */
export function nodeWorkers(): WorkerHost {
  return {
    unavailable: null,
    parallelism: availableParallelism(),
    start(script, data, failed) {
      const code = `${script}\nworker.serve(require("node:worker_threads").workerData);`;
      // Without the flags of this process: a worker needs no loaders.
      const worker = new Worker(code, { eval: true, workerData: data, execArgv: [], name: "mpplan" });
      let stopped = false;
      worker.on("error", failed);
      worker.on("exit", (status) => {
        if (!stopped) failed(new Error(`the worker ended with status ${status}`));
      });
      worker.unref();
      return {
        stop() {
          stopped = true;
          void worker.terminate();
        },
      };
    },
  };
}
