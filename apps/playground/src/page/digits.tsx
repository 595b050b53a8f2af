// A pad to draw on, or a sample, and what comes out in each mode: digits beyond the measured error are `?`.
import { useEffect, useRef, useState } from "preact/hooks";
import type { ModeView, RunView } from "../protocol.js";
import { costText, errorText } from "./numbers.js";
import { centred, dot, stroke } from "./pad.js";
import type { Store } from "./store.js";
import { absoluteError, decimalsFor, trustedDigits } from "./trusted-digits.js";

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
          {model.pad !== null && <Pad store={store} side={model.pad} own={own} shown={run.pixels} />}
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
        <Outputs run={run} />
      </div>
    </section>
  );
}

function Outputs({ run }: { run: RunView }) {
  const exact = run.modes[0]!.values;
  const decimals = decimalsFor(exact);
  const on = Math.max(...run.modes.map((mode) => mode.measuredOn));
  const more = run.modes[0]!.total - exact.length;
  return (
    <div class="outputs">
      <div class="scroll" tabIndex={0} role="group" aria-label="Outputs in each mode">
        <table>
          <caption class="visually-hidden">
            {run.output} in each mode; a ? is a digit that cannot be trusted
          </caption>
          <thead>
            <tr>
              <th scope="col">{run.output}</th>
              {run.modes.map((mode) => (
                <th scope="col" key={mode.name}>
                  {mode.name}
                  {factsOf(mode).map((fact) => (
                    <small key={fact}>{fact}</small>
                  ))}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {exact.map((_, i) => (
              <tr key={i}>
                <th scope="row">{i}</th>
                {run.modes.map((mode) => (
                  <td key={mode.name} class={run.classifier && i === top(mode.values) ? "winner" : undefined}>
                    <Digit mode={mode} exact={exact} i={i} decimals={decimals} classifier={run.classifier} />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="small">
        <b>?</b> is a digit that the mode's error leaves open: its relative error
        {on > 0 ? `, measured on ${on} samples,` : ""} times the root mean square of these outputs. Modes
        without a measured error print all digits, in grey.
        {run.classifier && " The largest output is marked."}
        {more > 0 && ` ${more} further values are not shown.`}
      </p>
    </div>
  );
}

interface DigitProps {
  readonly mode: ModeView;
  readonly exact: readonly number[];
  readonly i: number;
  readonly decimals: number;
  readonly classifier: boolean;
}

function Digit({ mode, exact, i, decimals, classifier }: DigitProps) {
  if (mode.error === null)
    return <span class="unmeasured">{trustedDigits(mode.values[i]!, 0, decimals)}</span>;
  const error = absoluteError(mode.error, exact, classifier);
  return <>{trustedDigits(mode.values[i]!, error, decimals)}</>;
}

function factsOf({ error, cost, measuredOn }: ModeView): string[] {
  if (measuredOn === 0) return [error === 0 ? "binary64" : "not measured yet"];
  return [`cost ${costText(cost!)}`, `error ${errorText(error)}`];
}

function top(values: readonly number[]): number {
  return values.reduce((best, x, i) => (x > values[best]! ? i : best), 0);
}

const keys: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

interface PadProps {
  readonly store: Store;
  readonly side: number;
  readonly own: { current: Uint8Array | null };
  /** What the last run saw. */
  readonly shown: Uint8Array | null;
}

function Pad({ store, side, own, shown }: PadProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const last = useRef<readonly [number, number] | null>(null);
  // Keys may come faster than frames: the pen is where the last one left it.
  const pen = useRef<readonly [number, number]>([side / 2, side / 2]);
  const [focused, setFocused] = useState(false);
  const paint = (): void => {
    const context = canvas.current!.getContext("2d")!;
    const image = context.createImageData(side, side);
    (own.current ?? shown)?.forEach((value, i) => image.data.set([value, value, value, 255], 4 * i));
    context.putImageData(image, 0, 0);
    if (!focused) return;
    context.fillStyle = "#e2600a";
    context.fillRect(Math.floor(pen.current[0]), Math.floor(pen.current[1]), 1, 1);
  };
  useEffect(paint);
  const drawing = (): Uint8Array => (own.current ??= new Uint8Array(side * side));
  const send = (): void => store.runOn({ kind: "drawing", pixels: centred(drawing(), side) });
  const place = (event: PointerEvent): readonly [number, number] => {
    const box = canvas.current!.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * side, ((event.clientY - box.top) / box.height) * side];
  };
  const draw = (event: PointerEvent): void => {
    if (!last.current) return;
    const to = place(event);
    stroke(drawing(), side, last.current, to);
    last.current = to;
    paint();
    send();
  };
  return (
    <>
      <canvas
        ref={canvas}
        class="pad"
        width={side}
        height={side}
        tabIndex={0}
        role="application"
        aria-label="Drawing pad: arrow keys move the pen, with Shift they draw, Delete clears"
        onFocus={() => setFocused(true)}
        onBlur={() => setFocused(false)}
        onPointerDown={(event) => {
          canvas.current!.setPointerCapture(event.pointerId);
          // The first stroke after a sample begins a drawing of its own.
          last.current = place(event);
          draw(event);
        }}
        onPointerMove={draw}
        onPointerUp={() => (last.current = null)}
        onPointerCancel={() => (last.current = null)}
        onKeyDown={(event) => {
          const move = keys[event.key];
          if (event.key === "Delete" || event.key === "Backspace") own.current = new Uint8Array(side * side);
          else if (event.key === " ") dot(drawing(), side, ...pen.current);
          else if (!move) return;
          event.preventDefault();
          const [x, y] = pen.current;
          const next = move ? ([clamp(x + move[0], side), clamp(y + move[1], side)] as const) : pen.current;
          if (move && event.shiftKey) stroke(drawing(), side, pen.current, next);
          pen.current = next;
          if (!move || event.shiftKey) send();
          paint();
        }}
      />
      <div class="row">
        <button
          type="button"
          onClick={() => {
            own.current = new Uint8Array(side * side);
            paint();
            send();
          }}
        >
          Clear
        </button>
        <span class="small">white on black, as large as the pad</span>
      </div>
    </>
  );
}

const clamp = (x: number, side: number): number => Math.max(0.5, Math.min(side - 0.5, x));
