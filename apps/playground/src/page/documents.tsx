// What can be taken away: the same documents that the command line writes and reads.
import type { DocumentKind } from "../protocol.js";
import type { Store } from "./store.js";

const kinds: readonly { kind: DocumentKind; name: string; about: string; needsRows: boolean }[] = [
  {
    kind: "plan",
    name: "Plan",
    about: "of the knob's position, with its prediction (JSON)",
    needsRows: false,
  },
  { kind: "report", name: "Report", about: "what the plan loses, node by node (JSON)", needsRows: false },
  {
    kind: "comparison",
    name: "Comparison",
    about: "the chart and its table, one HTML page",
    needsRows: true,
  },
  {
    kind: "profile",
    name: "Profile",
    about: "all that was measured, for mpplan plan (JSON)",
    needsRows: false,
  },
];

export function Documents({ store }: { store: Store }) {
  const { busy, rows } = store.state;
  return (
    <section aria-labelledby="documents-heading">
      <h2 id="documents-heading">Take away</h2>
      <ul class="documents">
        {kinds.map(({ kind, name, about, needsRows }) => (
          <li key={kind}>
            <button
              type="button"
              disabled={busy !== null || (needsRows && rows.length === 0)}
              onClick={() => void store.download(kind)}
            >
              {name}
            </button>
            <span class="small">{about}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
