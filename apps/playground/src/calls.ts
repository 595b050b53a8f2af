// Calls from one thread to another: verbs by name go over, answers come back as promises. The calling end; the other
// is worker/answer.ts.
import type { ErrorView } from "./protocol.js";

export interface Call {
  readonly id: number;
  readonly verb: string;
  readonly args: readonly unknown[];
}

export type Answer =
  | { readonly kind: "done"; readonly id: number; readonly value: unknown }
  | { readonly kind: "failed"; readonly id: number; readonly error: ErrorView };

/** What the other end said went wrong. */
export class CallFailed extends Error {
  constructor(readonly view: ErrorView) {
    super(view.what);
  }
}

/** A worker, or a port of a channel. */
export interface Port {
  postMessage(message: unknown, transfer: Transferable[]): void;
}

/** Calls that wait for their answers. `V` has promises as results only. */
export class Caller<V extends object> {
  private readonly waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  private last = 0;

  constructor(private readonly port: Port) {}

  /** The other end's verbs; ports among the arguments move over. */
  readonly verbs = new Proxy({} as V, {
    // A promise of these verbs asks whether they are a promise themselves.
    get: (_target, verb: string) =>
      verb === "then" ? undefined : (...args: unknown[]) => this.call(verb, args),
  });

  heard(answer: Answer): void {
    const call = this.waiting.get(answer.id);
    this.waiting.delete(answer.id);
    if (answer.kind === "done") call?.resolve(answer.value);
    else call?.reject(new CallFailed(answer.error));
  }

  /** Nothing will be answered any more. */
  fail(view: ErrorView): void {
    for (const { reject } of this.waiting.values()) reject(new CallFailed(view));
    this.waiting.clear();
  }

  private call(verb: string, args: readonly unknown[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const id = ++this.last;
      this.waiting.set(id, { resolve, reject });
      const ports = args.filter((arg) => arg instanceof MessagePort);
      this.port.postMessage({ id, verb, args } satisfies Call, ports);
    });
  }
}
