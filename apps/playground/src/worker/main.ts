// The worker's door: takes calls, answers each, and says what went wrong in the library's three beats.
import { MpplanError, presets } from "mpplan";
import type { Call, ErrorView, Told, Verbs } from "../protocol.js";
import { deviceFacts, openBackend, probeGpu } from "./backend.js";
import { Workbench } from "./workbench.js";

interface Port {
  postMessage(message: Told): void;
  onmessage: ((event: MessageEvent<Call>) => void) | null;
}

const port = globalThis as unknown as Port;
const tell = (told: Told): void => port.postMessage(told);
const bench = openBackend().then((backend) => new Workbench(backend, tell));

const verbs: Verbs = {
  open: async (source) => (await bench).open(source),
  calibrate: async () => (await bench).calibrate(),
  chart: async () => (await bench).chart(),
  cut: async (cut) => (await bench).cut(cut),
  measure: async (cut) => (await bench).measure(cut),
  run: async (input, cut) => (await bench).run(input, cut),
  document: async (kind, cut) => (await bench).document(kind, cut),
  device: deviceFacts,
  probe: probeGpu,
  cancel: async () => (await bench).cancel(),
};

port.onmessage = ({ data: { id, verb, args } }) => {
  const call = verbs[verb] as (...given: readonly unknown[]) => Promise<unknown>;
  // A verb that throws at once is answered like one that fails later.
  void (async () => call(...args))().then(
    (value) => tell({ kind: "done", id, value }),
    (error: unknown) => tell({ kind: "failed", id, error: errorView(error) }),
  );
};
tell({ kind: "ready", presets: Object.keys(presets) });

function errorView(error: unknown): ErrorView {
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
