// What is going on, and what went wrong in three beats: what, where, next.
import type { ErrorView } from "../protocol.js";
import type { Busy } from "./state.js";

export function Progress({ busy, cancel }: { busy: Busy; cancel: () => void }) {
  const known = busy.total > 0;
  return (
    <section class="progress" aria-label="Progress">
      <label for="progress">
        {busy.what}
        {known && ` ${busy.done} of ${busy.total}`}
      </label>
      {known ? <progress id="progress" value={busy.done} max={busy.total} /> : <progress id="progress" />}
      <button type="button" onClick={cancel}>
        Cancel
      </button>
    </section>
  );
}

export function Problem({ problem }: { problem: ErrorView }) {
  return (
    <section class={problem.cancelled ? "problem cancelled" : "problem"} role="alert">
      <h2>{problem.what}</h2>
      <dl>
        <dt>Where</dt>
        <dd>{problem.where}</dd>
        <dt>Next</dt>
        <dd class="next">{problem.next}</dd>
      </dl>
    </section>
  );
}
