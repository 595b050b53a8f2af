// The page's end of its conversations with workers: calls by verb, and events as they come.
import { Caller, type Answer } from "../calls.js";
import type { CutVerbs, Told, Verbs } from "../protocol.js";

export interface Workers {
  readonly worker: Verbs;
  readonly cuts: CutVerbs;
}

/** Starts both workers, which talk to each other without the page. */
export function connect(
  addresses: Readonly<Record<keyof Workers, string>>,
  heard: (told: Told) => void,
  failed: (error: unknown) => void,
): Workers {
  const worker = start<Verbs>(addresses.worker, "mpplan", heard);
  const cuts = start<CutVerbs>(addresses.cuts, "mpplan cuts", heard);
  const { port1, port2 } = new MessageChannel();
  // The first call of each, which tells of a worker that cannot be loaded.
  Promise.all([worker.join(port1), cuts.join(port2)]).catch(failed);
  return { worker, cuts };
}

function start<V extends object>(address: string, name: string, heard: (told: Told) => void): V {
  const worker = new Worker(address, { type: "module", name });
  const caller = new Caller<V>(worker);
  worker.onmessage = ({ data }: MessageEvent<Told | Answer>) => {
    if (data.kind === "done" || data.kind === "failed") caller.heard(data);
    else heard(data);
  };
  worker.onerror = (event) =>
    caller.fail({
      what: `A worker stopped: ${event.message || "its script could not be loaded"}`,
      where: "the page's own code",
      next: "reload the page; serve it over http, not from a file",
      cancelled: false,
    });
  return caller.verbs;
}
