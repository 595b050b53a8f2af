// What comes out in each mode, as a table: digits beyond the measured error are `?`.
import type { ModeView, RunView } from "../protocol.js";
import { costText, errorText } from "./numbers.js";
import { absoluteError, decimalsFor, trustedDigits } from "./trusted-digits.js";

export function Outputs({ run }: { run: RunView }) {
  const exact = run.modes[0]!.values;
  const decimals = decimalsFor(exact);
  const on = Math.max(...run.modes.map((mode) => mode.measuredOn));
  const more = run.modes[0]!.total - exact.length;
  return (
    <>
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
    </>
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
