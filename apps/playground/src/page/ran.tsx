// What the last run says of itself: which sums ran where, what was done instead, and whether the bits are the CPU's.
import type { ModeView, RunView } from "../protocol.js";
import { errorText } from "./numbers.js";

export function Ran({ run, running }: { run: RunView; running: boolean }) {
  const { ran, modes } = run;
  return (
    <dl class="facts-list ran" aria-busy={running}>
      <dt>computed on</dt>
      <dd>
        {ran.adapter === null ? ran.backend : `${ran.backend} (${ran.adapter})`},{" "}
        {ran.milliseconds.toFixed(0)} ms for {ran.modes} modes; the exact sums on cpu
        {running && " – computing again …"}
      </dd>
      <dt>executed</dt>
      <dd>
        {ran.own} of {ran.sums} sums on {ran.backend}, {substitutionsText(ran.substitutions.length)}
        {ran.substitutions.map(({ what, nodes }) => (
          <small key={what} class="substitution">
            {nodes.join(", ")}: {what}
          </small>
        ))}
      </dd>
      {ran.backend !== "cpu" && (
        <>
          <dt>against the CPU</dt>
          <dd>{bitsText(modes)}</dd>
        </>
      )}
    </dl>
  );
}

function substitutionsText(count: number): string {
  if (count === 0) return "no substitutions";
  return count === 1 ? "1 substitution" : `${count} substitutions`;
}

/** Over all modes that have something to compare. */
function bitsText(modes: readonly ModeView[]): string {
  const compared = modes.flatMap(({ name, bits }) => (bits ? [{ name, ...bits }] : []));
  const apart = compared.filter((mode) => !mode.same);
  if (apart.length === 0) return `same bits, in all ${compared.length} modes`;
  const most = Math.max(...apart.map((mode) => mode.difference));
  const where = `${compared.length - apart.length} of ${compared.length} modes have the same bits`;
  return `${where}; the largest difference of an output is ${errorText(most)}`;
}
