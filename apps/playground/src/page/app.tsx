// The page from top to bottom; every part is a file of its own.
import { useEffect, useState } from "preact/hooks";
import { BackendChoice } from "./backend-choice.js";
import { ErrorChart } from "./chart.js";
import { Controls } from "./controls.js";
import { Device } from "./device.js";
import { Digits } from "./digits.js";
import { Documents } from "./documents.js";
import { GraphView } from "./graph.js";
import { ModelForm } from "./model-form.js";
import { Neurons } from "./neurons.js";
import { Progress, Problem } from "./status.js";
import type { Store } from "./store.js";

export function App({ store }: { store: Store }) {
  const [, redraw] = useState(0);
  useEffect(() => store.subscribe(() => redraw((n) => n + 1)), [store]);
  const { state } = store;
  const { model, profile, cut } = state;
  return (
    <>
      <a class="skip" href="#main">
        Skip to the model
      </a>
      <header class="top">
        <div>
          <h1>mpplan</h1>
          <p>In which precision may each neuron's dot product be accumulated?</p>
        </div>
        <p class="private">Everything is computed on this machine. No file leaves it.</p>
      </header>
      <main id="main">
        <ModelForm store={store} />
        <p class="visually-hidden" role="status">
          {state.said}
        </p>
        {state.problem && <Problem problem={state.problem} />}
        {state.busy && <Progress busy={state.busy} cancel={() => store.cancel()} />}
        <BackendChoice store={store} />
        {model && profile && cut && <Controls store={store} />}
        {model && (
          <div class="columns">
            <GraphView model={model} cut={cut} />
            {profile && cut && <ErrorChart store={store} />}
          </div>
        )}
        {model && profile && cut && <Neurons model={model} profile={profile} cut={cut} />}
        {model && state.run && <Digits store={store} run={state.run} />}
        {profile && <Documents store={store} />}
        <Device device={state.device} probe={() => store.probe()} />
      </main>
      <footer>
        <p>
          Low precision is emulated here, step by step, which is slower than plain float32. Costs are
          modelled, never timed.
        </p>
        <p>
          The bundled digits are MNIST's, by Yann LeCun and Corinna Cortes, CC BY-SA 3.0; the{" "}
          <a href="digits/README.md">model</a> was trained on them.
        </p>
      </footer>
    </>
  );
}
