// The way in: the bundled digit model at one click, or files that are dropped or chosen.
import { useEffect, useRef, useState } from "preact/hooks";
import type { ModelView, Source } from "../protocol.js";
import { ModelFacts } from "./model-facts.js";
import type { Store } from "./store.js";

export function ModelForm({ store }: { store: Store }) {
  const { ready, presets, busy, model, profile } = store.state;
  const [source, setSource] = useState<Source>(unset);
  const [over, setOver] = useState(false);
  const chosen = useRef(source);
  chosen.current = source;
  const change = (part: Partial<Source>): void => setSource((now) => ({ ...now, ...part }));
  /** The form's own files stay what they were where these are refused. */
  const start = (files: Partial<Source>): void =>
    void store.start({ ...chosen.current, ...files }, () => change(files));
  const take = (files: readonly File[]): void => {
    const model = files.find((file) => /\.onnx$/i.test(file.name));
    const data = files.filter((file) => file !== model);
    // A new model forgets the samples of the one before it; samples alone are for the model that is there.
    if (model) start({ model, data });
    else if (data.length > 0) start({ data: [...weightsOf(chosen.current, store.state.model), ...data] });
  };
  useEffect(() => {
    const drag = (event: DragEvent): void => {
      event.preventDefault();
      setOver(event.type === "dragover");
      if (event.type === "drop") take([...(event.dataTransfer?.files ?? [])]);
    };
    const names = ["dragover", "dragleave", "drop"] as const;
    for (const name of names) addEventListener(name, drag);
    return () => names.forEach((name) => removeEventListener(name, drag));
  }, []);
  const idle = ready && !busy;
  const stopped = model !== null && (profile === null || profile.measured < profile.wanted);

  return (
    <section class={over ? "form over" : "form"} aria-labelledby="model-heading">
      <h2 id="model-heading">Model</h2>
      <div class="ways">
        <button type="button" class="first" disabled={!idle} onClick={() => start(unset)}>
          Plan the digit model
        </button>
        <span class="or">or</span>
        <label class="drop">
          <b>Drop an ONNX model and samples anywhere</b>
          <small>.onnx, its files of weights, and .npz, .npy, idx or images; or choose files</small>
          <input
            type="file"
            multiple
            disabled={!idle}
            aria-label="Choose an ONNX model and samples"
            onChange={(event) => {
              take([...(event.currentTarget.files ?? [])]);
              event.currentTarget.value = "";
            }}
          />
        </label>
        {stopped && idle && (
          <button type="button" onClick={() => void store.again()}>
            Measure again
          </button>
        )}
      </div>
      <details>
        <summary>How samples are read, and which sums are compared</summary>
        <div class="fields">
          {(["scale", "mean", "std"] as const).map((field) => (
            <label key={field}>
              {field}
              <input
                type="text"
                value={source[field]}
                placeholder={hints[field]}
                onInput={(event) => change({ [field]: event.currentTarget.value })}
              />
            </label>
          ))}
          <label>
            preset
            <select value={source.preset} onChange={(event) => change({ preset: event.currentTarget.value })}>
              {presets.map((name) => (
                <option key={name}>{name}</option>
              ))}
            </select>
          </label>
          <button type="button" disabled={!idle || !model} onClick={() => start({})}>
            Plan again with these
          </button>
        </div>
        <p class="small">
          A value becomes (value × scale − mean) / std: numbers or fractions, one or one per channel. A file
          whose name says “labels” holds the right classes.
        </p>
      </details>
      {model && <ModelFacts model={model} profile={profile} />}
    </section>
  );
}

const unset: Source = { model: null, data: [], scale: "", mean: "", std: "", preset: "e4m3-f16" };
const hints = { scale: "1/255", mean: "0.1307", std: "0.3081" } as const;

/** The files that the open model keeps its weights in: other samples do not replace them. */
function weightsOf({ data }: Source, model: ModelView | null): File[] {
  return data.filter((file) => model?.weights.includes(file.name));
}
