// Per site two heat maps, a cell per neuron: how ill-conditioned its sums are, and what the plan does with it.
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { kappaKinds, type CutView, type KappaKind, type ModelView, type ProfileView } from "../protocol.js";
import { decisionColour, gradient, kappaColour, nothing } from "./colours.js";
import { powerText } from "./numbers.js";

const kappaNames: Readonly<Record<KappaKind, string>> = {
  kappaV: "κ of the sum",
  kappaPhiKappaV: "κ of sum and activation",
  kappaPrime: "κ′ of the paper's rule",
};

/** Sites that are shown at once: a network of hundreds is read from its worst ones. */
const most = 24;

type Rgb = readonly [number, number, number];

export function Neurons({ model, profile, cut }: { model: ModelView; profile: ProfileView; cut: CutView }) {
  const [kind, setKind] = useState<KappaKind>("kappaV");
  const kappa = profile.kappa[kind];
  const range = useMemo(() => rangeOf(kappa), [kappa]);
  return (
    <section aria-labelledby="neurons-heading">
      <h2 id="neurons-heading">Neurons</h2>
      <div class="row">
        <label>
          left maps{" "}
          <select value={kind} onChange={(event) => setKind(event.currentTarget.value as KappaKind)}>
            {kappaKinds.map((name) => (
              <option key={name} value={name}>
                {kappaNames[name]}
              </option>
            ))}
          </select>
        </label>
        <p class="legend small">
          <i class="scale" style={{ background: gradient(kappaColour) }} /> median {kappaNames[kind]}, from{" "}
          {powerText(range[0])} to {powerText(range[1])}; grey: 0, the neuron is off on most samples
        </p>
        <p class="legend small">
          <i class="scale" style={{ background: gradient(decisionColour) }} /> decision: all in{" "}
          {model.formats[0]} … all in {model.formats.at(-1)}
        </p>
      </div>
      <div class="sites">
        {model.sites.slice(0, most).map((site, s) => (
          <SiteMaps
            key={site.id}
            s={s}
            model={model}
            kappa={kappa[s]!}
            range={range}
            name={kappaNames[kind]}
            cut={cut}
          />
        ))}
      </div>
      {model.sites.length > most && (
        <p class="small">{model.sites.length - most} further sites are in the plan only.</p>
      )}
    </section>
  );
}

interface SiteProps {
  readonly s: number;
  readonly model: ModelView;
  readonly kappa: Float32Array;
  readonly range: readonly [number, number];
  readonly name: string;
  readonly cut: CutView;
}

function SiteMaps({ s, model, kappa, range, name, cut }: SiteProps) {
  const [neuron, setNeuron] = useState(0);
  const site = model.sites[s]!;
  const { level, dynamic, because } = cut.sites[s]!;
  const columns = Math.min(site.neurons, Math.max(10, Math.ceil(Math.sqrt(site.neurons) * 1.25)));
  const heat = useMemo(() => {
    const [low, high] = range;
    return (k: number): Rgb => (Number.isFinite(k) ? kappaColour((k - low) / (high - low || 1)) : nothing);
  }, [range]);
  const share = `${Math.round(100 * level[neuron]!)} %`;
  const text = `neuron ${neuron}: median ${name} ${powerText(kappa[neuron]!)}; ${
    dynamic[neuron]
      ? `tested at run time, some ${share} in high precision`
      : level[neuron] === 0
        ? model.formats[0]
        : level[neuron] === 1
          ? model.formats.at(-1)
          : `${share} of the way up`
  }`;
  return (
    <article>
      <h3>
        {site.id}{" "}
        <small>
          {site.op}, {site.neurons} neurons, {site.length} terms
        </small>
      </h3>
      <div class="maps">
        <HeatMap
          label={`${site.id}: ${name}`}
          values={kappa}
          columns={columns}
          colour={heat}
          mark={neuron}
          pick={setNeuron}
        />
        <HeatMap
          label={`${site.id}: decision, ${Math.round(100 * cut.sites[s]!.mean)} % high`}
          values={level}
          columns={columns}
          colour={decisionColour}
          mark={neuron}
          pick={setNeuron}
        />
      </div>
      <label class="pick">
        <span class="visually-hidden">neuron of {site.id}</span>
        <input
          type="range"
          min={0}
          max={site.neurons - 1}
          value={neuron}
          aria-valuetext={text}
          onInput={(event) => setNeuron(Number(event.currentTarget.value))}
        />
      </label>
      <p class="small">{text}</p>
      <p class="small because">{because}</p>
    </article>
  );
}

interface HeatProps {
  readonly label: string;
  /** Per neuron. */
  readonly values: Float32Array;
  readonly columns: number;
  readonly colour: (value: number) => Rgb;
  readonly mark: number;
  readonly pick: (n: number) => void;
}

/** One pixel per neuron, enlarged by the style sheet; painted only where its values are others. */
function HeatMap({ label, values, columns, colour, mark, pick }: HeatProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const count = values.length;
  const rows = Math.ceil(count / columns);
  useEffect(() => {
    const context = canvas.current!.getContext("2d")!;
    const image = context.createImageData(columns, rows);
    for (let n = 0; n < count; n++) image.data.set([...colour(values[n]!), 255], 4 * n);
    context.putImageData(image, 0, 0);
  }, [values, columns, colour]);
  const at = (event: PointerEvent): void => {
    const box = canvas.current!.getBoundingClientRect();
    const x = Math.floor(((event.clientX - box.left) / box.width) * columns);
    const n = Math.floor(((event.clientY - box.top) / box.height) * rows) * columns + x;
    if (n >= 0 && n < count) pick(n);
  };
  const [w, h] = [100 / columns, 100 / rows];
  return (
    <div class="heat" style={{ maxWidth: `${columns * 16}px` }}>
      <canvas
        ref={canvas}
        width={columns}
        height={rows}
        role="img"
        aria-label={label}
        onPointerMove={at}
        onPointerDown={at}
      />
      <i
        style={{
          left: `${(mark % columns) * w}%`,
          top: `${Math.floor(mark / columns) * h}%`,
          width: `${w}%`,
          height: `${h}%`,
        }}
      />
    </div>
  );
}

/** Of all finite values, leaving out the outermost hundredth, so that one neuron does not bleach the rest. */
function rangeOf(kappa: readonly Float32Array[]): readonly [number, number] {
  const values = kappa.flatMap((site) => [...site].filter(Number.isFinite)).sort((a, b) => a - b);
  if (values.length === 0) return [0, 0];
  const at = (q: number): number => values[Math.round(q * (values.length - 1))]!;
  return [at(0.01), at(0.99)];
}
