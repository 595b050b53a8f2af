/** The worker as a script that leaves `worker.serve` behind. */
export function bundleWorker(): Promise<string>;
/** The text of src/generated/worker.ts. */
export function workerModule(script: string): string;
