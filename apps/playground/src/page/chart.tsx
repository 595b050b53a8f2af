// Error against modelled cost: what was measured, as lines and as a table, and where the knob stands.
import { useEffect, useRef, useState } from "preact/hooks";
import { betweenRows } from "./controls.js";
import { draw, mark, series, shapes, type Plot, type Scales } from "./plot.js";
import { backendsOf, RowsTable } from "./rows-table.js";
import type { Store } from "./store.js";

export function ErrorChart({ store }: { store: Store }) {
  const { rows, cut, measured, model } = store.state;
  const holder = useRef<HTMLDivElement>(null);
  const scales = useRef<Scales | null>(null);
  const [plot, setPlot] = useState<Plot | null>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    void import("@observablehq/plot").then(setPlot);
    const watch = new ResizeObserver(([entry]) => setWidth(Math.round(entry!.contentRect.width)));
    watch.observe(holder.current!);
    return () => watch.disconnect();
  }, []);
  const on = backendsOf(rows).join(" and ");
  const drawn = rows.filter((row) => row.cost !== null && row.error !== null);
  useEffect(() => {
    if (!plot || width === 0 || drawn.length < 2) return;
    const figure = draw(plot, drawn, width);
    const [x, y] = [figure.scale("x")!, figure.scale("y")!];
    scales.current = { x: (v) => x.apply(v) as number, y: (v) => y.apply(v) as number };
    holder.current!.replaceChildren(figure);
  }, [plot, width, rows]);
  useEffect(() => {
    const svg = holder.current?.querySelector("svg");
    if (!svg || !scales.current || !cut) return;
    const error = measured ? measured.error : betweenRows(rows, cut.cut.method, cut.cost);
    mark(svg, scales.current, measured?.cost ?? cut.cost, error, measured !== null);
  });
  return (
    <section aria-labelledby="chart-heading" class="chart">
      <h2 id="chart-heading" tabIndex={-1}>
        Error against cost
      </h2>
      <div ref={holder} class="figure">
        {drawn.length < 2 && <p class="small">The chart appears with the first measured plans.</p>}
      </div>
      <ul class="legend small">
        {series.map(({ name, colour, symbol }) => (
          <li key={name}>
            <svg width="14" height="14" viewBox="-7 -7 14 14" aria-hidden="true">
              <path d={shapes[symbol]} style={{ fill: colour }} />
            </svg>
            {name}
          </li>
        ))}
        <li>
          <svg width="14" height="14" viewBox="-7 -7 14 14" aria-hidden="true">
            <circle r="5" class="here" />
          </svg>
          this plan
        </li>
      </ul>
      <p class="small">
        Measured on {model?.notes.at(-1)?.match(/(\d+) to evaluate/)?.[1] ?? "the evaluation"} samples that
        nothing was built from{on && `, on ${on}`}. Further left and further down is better.
      </p>
      <MeasureAgain store={store} />
      <RowsTable rows={rows} />
    </section>
  );
}

/** Where some plans were not measured, or not on the backend that computes now. */
function MeasureAgain({ store }: { store: Store }) {
  const { rows, rowsWanted, profile, busy, backend } = store.state;
  if (busy || !profile || profile.measured < profile.wanted) return null;
  const missing = rows.length < rowsWanted || rowsWanted === 0;
  const elsewhere = backendsOf(rows).some((name) => name !== backend.name);
  if (!missing && !elsewhere) return null;
  const again = (): void => {
    // The button goes while plans are measured: the focus stays in its section.
    document.getElementById("chart-heading")!.focus();
    void store.again();
  };
  const done =
    rowsWanted === 0 ? "No plan was measured" : `${rows.length} of ${rowsWanted} plans were measured`;
  return (
    <div class="row again">
      <button type="button" onClick={again}>
        {missing ? "Measure the rest" : `Measure again on ${backend.name}`}
      </button>
      <span class="small">
        {missing ? `${done}.` : `These plans were measured on ${backendsOf(rows).join(" and ")}.`}
      </span>
    </div>
  );
}
