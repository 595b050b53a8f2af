// The answering end of calls: each verb that is asked for, and what went wrong in the library's three beats.
import { MpplanError } from "@mpplan/formats";
import { CallFailed, type Answer, type Call } from "../calls.js";
import type { ErrorView } from "../protocol.js";

/** A port of a channel, or a worker's own scope. */
export interface AnsweringPort {
  postMessage(message: Answer): void;
  onmessage: ((event: MessageEvent<Call>) => void) | null;
}

export function answer(port: AnsweringPort, verbs: object): void {
  port.onmessage = ({ data: { id, verb, args } }) => {
    const call = (verbs as Record<string, (...given: readonly unknown[]) => unknown>)[verb]!;
    // A verb that throws at once, and a value that cannot cross over, are answered like a verb that fails later.
    void (async () => call(...args))()
      .then((value) => port.postMessage({ kind: "done", id, value }))
      .catch((error: unknown) => port.postMessage({ kind: "failed", id, error: errorView(error) }));
  };
}

export function errorView(error: unknown): ErrorView {
  if (error instanceof CallFailed) return error.view;
  if (error instanceof MpplanError) {
    const { what, where, next, code } = error;
    return { what, where, next, cancelled: code === "cancelled" };
  }
  return {
    what: error instanceof Error ? `${error.name}: ${error.message}` : String(error),
    where: "the page's own code",
    next: "reload the page; if it happens again, report it with the model",
    cancelled: false,
  };
}
