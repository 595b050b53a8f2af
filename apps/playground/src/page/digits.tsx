// A digit to draw, or a sample, and what comes out in each mode.
import { useRef, useState } from "preact/hooks";
import type { RunView } from "../protocol.js";
import { DrawingPad } from "./drawing-pad.js";
import { Outputs } from "./outputs.js";
import { Ran } from "./ran.js";
import type { Store } from "./store.js";

export function Digits({ store, run }: { store: Store; run: RunView }) {
  const model = store.state.model!;
  const [sample, setSample] = useState(0);
  /** What was drawn; null while a sample is shown. Strokes come faster than runs, so it is not what the last run saw. */
  const own = useRef<Uint8Array | null>(null);
  const show = (index: number): void => {
    const next = (index + model.samples) % model.samples;
    setSample(next);
    own.current = null;
    store.runOn({ kind: "sample", index: next });
  };
  return (
    <section aria-labelledby="digits-heading">
      <h2 id="digits-heading">{model.pad === null ? "One sample in each mode" : "Draw a digit"}</h2>
      <div class="digits">
        <div>
          {model.pad !== null && <DrawingPad store={store} side={model.pad} own={own} shown={run.pixels} />}
          <div class="row">
            <button type="button" onClick={() => show(sample - 1)} aria-label="previous sample">
              ←
            </button>
            <button type="button" onClick={() => show(sample)}>
              Sample {sample}
            </button>
            <button type="button" onClick={() => show(sample + 1)} aria-label="next sample">
              →
            </button>
          </div>
          {run.label !== null && <p class="small">its label says {run.label}</p>}
        </div>
        <div class="outputs">
          <Outputs run={run} />
          <Ran run={run} running={store.state.running} />
        </div>
      </div>
    </section>
  );
}
