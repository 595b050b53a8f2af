// The door of the worker that computes: takes calls, and answers each.
import { presets } from "mpplan";
import { Caller, type Answer } from "../calls.js";
import type { FrontVerbs, Told, Verbs } from "../protocol.js";
import { answer, type AnsweringPort } from "./answer.js";
import { Backends } from "./backends.js";
import { deviceFacts, probeGpu } from "./device.js";
import { Workbench } from "./workbench.js";

const port = globalThis as unknown as AnsweringPort & { postMessage(message: Told): void };
const tell = (told: Told): void => port.postMessage(told);

let joined!: (fronts: FrontVerbs) => void;
const fronts = new Promise<FrontVerbs>((resolve) => (joined = resolve));
const bench = (async () => new Workbench(await Backends.open(tell), await fronts, tell))();

answer(port, {
  open: async (source) => (await bench).open(source),
  use: async (backend) => (await bench).use(backend),
  calibrate: async () => (await bench).calibrate(),
  chart: async () => (await bench).chart(),
  measure: async (cut) => (await bench).measure(cut),
  rest: async () => (await bench).rest(),
  run: async (input, cut) => (await bench).run(input, cut),
  document: async (kind, cut) => (await bench).document(kind, cut),
  device: deviceFacts,
  probe: probeGpu,
  cancel: async () => (await bench).cancel(),
  join: async (other) => {
    const caller = new Caller<FrontVerbs>(other);
    other.onmessage = ({ data }: MessageEvent<Answer>) => caller.heard(data);
    joined(caller.verbs);
  },
} satisfies Verbs);
tell({ kind: "ready", presets: Object.keys(presets) });
