// How a platform starts workers, and the one that browsers have. Node's is in ../node.ts.
import type { WorkerData } from "./protocol.js";

/** Starts workers on the memory of a backend. Injected, since every platform has its own. */
export interface WorkerHost {
  /** Why there can be no threads here; null where there can. */
  readonly unavailable: string | null;
  /** Threads that can compute at the same time. */
  readonly parallelism: number;
  /**
   * Runs a classic script that ends with a call of `worker.serve(data)`. `failed` is called if the worker ends by
   * itself.
   */
  start(script: string, data: WorkerData, failed: (error: Error) => void): WorkerHandle;
}

export interface WorkerHandle {
  stop(): void;
}

/** Workers of a browser, in a cross-origin isolated page, for a backend that is itself created in a worker. */
export function browserWorkers(): WorkerHost {
  return {
    unavailable: whyNoWorkers(),
    parallelism: globalThis.navigator?.hardwareConcurrency ?? 1,
    start(script, data, failed) {
      const code = `${script}\nonmessage = (event) => worker.serve(event.data);`;
      const address = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
      const worker = new Worker(address, { name: "mpplan" });
      worker.onerror = (event) => failed(new Error(event.message || "the worker could not be started"));
      worker.postMessage(data);
      return {
        stop() {
          worker.terminate();
          URL.revokeObjectURL(address);
        },
      };
    },
  };
}

function whyNoWorkers(): string | null {
  if (typeof Worker === "undefined") return "this platform has no workers";
  if (!globalThis.crossOriginIsolated || typeof SharedArrayBuffer === "undefined")
    return "the page is not cross-origin isolated, so that no memory can be shared";
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 1, 0);
    return null;
  } catch {
    return "the main thread of a page may not wait for others: create the backend in a worker";
  }
}
