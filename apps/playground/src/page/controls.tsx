// The knob: a method, and a budget or a tolerance; beside it what that costs and loses.
import type { ComparisonRow } from "@mpplan/ir";
import type { Method } from "../protocol.js";
import { costText, errorText, shareText } from "./numbers.js";
import { startAt } from "./state.js";
import type { Store } from "./store.js";

const methods: Readonly<Record<Method, string>> = {
  hybrid: "every neuron one format, or a low one first and the high one where a test says so",
  static: "every neuron one format, decided beforehand",
  dynamic: "the source paper's rule: low first, high where kappa is above tau",
};

/** Positions of the slider: costs in steps of 1/400, tolerances in steps of 1/80 of a decade. */
const tauRange = { least: -2, most: 1, step: 1 / 80 };

export function Controls({ store }: { store: Store }) {
  const { cut, measured, profile, rows } = store.state;
  const { method, value } = store.cut;
  if (!cut || !profile) return null;
  const dynamic = method === "dynamic";
  const least = dynamic ? 0 : profile.least[method];
  const between = measured ? null : betweenRows(rows, method, cut.cost);
  return (
    <section class="controls" aria-labelledby="plan-heading">
      <h2 id="plan-heading">Plan</h2>
      <fieldset>
        <legend class="visually-hidden">Method</legend>
        {(Object.keys(methods) as Method[]).map((name) => (
          <label key={name} title={methods[name]}>
            <input
              type="radio"
              name="method"
              value={name}
              checked={method === name}
              onChange={() =>
                store.choose({
                  method: name,
                  value: name === "dynamic" || dynamic ? startAt[name] : Math.max(value, profile.least[name]),
                })
              }
            />
            {name}
          </label>
        ))}
        <span class="small">{methods[method]}</span>
      </fieldset>
      <div class="knob">
        <label for="knob">{dynamic ? "tau" : "modelled cost at most"}</label>
        {dynamic ? (
          <input
            id="knob"
            type="range"
            min={tauRange.least}
            max={tauRange.most}
            step={tauRange.step}
            value={Math.log10(value)}
            aria-valuetext={`tau ${value.toPrecision(2)}`}
            onInput={(event) => store.choose({ method, value: 10 ** Number(event.currentTarget.value) })}
          />
        ) : (
          <input
            id="knob"
            type="range"
            min={least}
            max={1}
            step={0.0025}
            value={value}
            aria-valuetext={`modelled cost ${costText(value)}`}
            onInput={(event) => store.choose({ method, value: Number(event.currentTarget.value) })}
          />
        )}
        <output for="knob">{dynamic ? value.toPrecision(2) : costText(value)}</output>
      </div>
      <dl class="figures">
        <div>
          <dt>modelled cost</dt>
          <dd>{costText(measured?.cost ?? cut.cost)}</dd>
          <dd class="note">{measured ? "measured" : "expected from the profile"}; 1 = all high</dd>
        </div>
        <div>
          <dt>in high precision</dt>
          <dd>{shareText(measured?.fractionHigh ?? cut.fractionHigh)}</dd>
          <dd class="note">of multiply-accumulates</dd>
        </div>
        <div>
          <dt>error of the outputs</dt>
          <dd>{measured ? errorText(measured.error) : between === null ? "…" : `≈ ${errorText(between)}`}</dd>
          <dd class="note">
            {measured
              ? `measured on ${measured.samples} samples, on ${measured.backend}`
              : between === null
                ? "not measured yet"
                : "between measured plans"}
          </dd>
        </div>
        <div>
          <dt>flips</dt>
          <dd>{measured ? (measured.flips ?? "–") : "…"}</dd>
          <dd class="note">
            {measured
              ? measured.flips === null
                ? "the outputs are no classes"
                : `of ${measured.samples} top classes`
              : "measured when the knob rests"}
          </dd>
        </div>
      </dl>
    </section>
  );
}

const seriesOf: Readonly<Record<Method, (row: ComparisonRow) => boolean>> = {
  hybrid: (row) => row.mode === "hybrid",
  static: (row) => row.mode === "static",
  dynamic: (row) => row.rule === "kappa",
};

/** The error at a cost, from the measured plans of the method on both sides of it; null where there are none. */
export function betweenRows(rows: readonly ComparisonRow[], method: Method, cost: number): number | null {
  const known = rows
    .filter((row) => seriesOf[method](row) && row.cost !== null && row.error !== null && row.error > 0)
    .sort((a, b) => a.cost! - b.cost!);
  const above = known.findIndex((row) => row.cost! >= cost);
  const [low, high] = [known[above - 1], known[above]];
  if (!low || !high) return null;
  const part = high.cost === low.cost ? 0 : (cost - low.cost!) / (high.cost! - low.cost!);
  return Math.exp((1 - part) * Math.log(low.error!) + part * Math.log(high.error!));
}
