// The page's end of the conversation with the worker: calls by verb, answers as promises, events as they come.
import type { ErrorView, Told, Verb, Verbs } from "../protocol.js";

export type Event = Exclude<Told, { kind: "done" | "failed" }>;

/** What the worker said went wrong. */
export class WorkerProblem extends Error {
  constructor(readonly view: ErrorView) {
    super(view.what);
  }
}

export function connect(address: string, heard: (event: Event) => void): Verbs {
  const worker = new Worker(address, { type: "module", name: "mpplan" });
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  let last = 0;
  worker.onmessage = ({ data }: MessageEvent<Told>) => {
    if (data.kind !== "done" && data.kind !== "failed") return heard(data);
    const call = waiting.get(data.id);
    waiting.delete(data.id);
    if (data.kind === "done") call?.resolve(data.value);
    else call?.reject(new WorkerProblem(data.error));
  };
  worker.onerror = (event) => {
    const error = new WorkerProblem({
      what: `The worker stopped: ${event.message || "its script could not be loaded"}`,
      where: "the page's own code",
      next: "reload the page; serve it over http, not from a file",
      cancelled: false,
    });
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  const call = (verb: Verb, args: readonly unknown[]): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const id = ++last;
      waiting.set(id, { resolve, reject });
      worker.postMessage({ id, verb, args });
    });
  return new Proxy({} as Verbs, {
    get:
      (_target, verb: Verb) =>
      (...args: unknown[]) =>
        call(verb, args),
  });
}
