// The chart's rows as a table.
import type { BackendName, MeasuredRow } from "../protocol.js";
import { costText, errorText, shareText } from "./numbers.js";

export function RowsTable({ rows }: { rows: readonly MeasuredRow[] }) {
  return (
    <details>
      <summary>The same as a table</summary>
      <div class="scroll" tabIndex={0} role="group" aria-label="Table of measured plans">
        <table>
          <caption class="visually-hidden">Measured plans</caption>
          <thead>
            <tr>
              <th scope="col">plan</th>
              <th scope="col">cost</th>
              <th scope="col">in high</th>
              <th scope="col">error</th>
              <th scope="col">flips</th>
              <th scope="col">on</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row, i) => (
              <tr key={i}>
                <th scope="row">
                  {row.name}
                  {row.targetCost !== null && ` at ${row.targetCost}`}
                </th>
                {row.cost === null ? (
                  <td colSpan={5}>{row.note}</td>
                ) : (
                  <>
                    <td>{costText(row.cost)}</td>
                    <td>{shareText(row.fractionHigh ?? 0)}</td>
                    <td>{errorText(row.error)}</td>
                    <td>{row.flips ?? ""}</td>
                    <td>{row.backend}</td>
                  </>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}

/** Where they were measured. */
export function backendsOf(rows: readonly MeasuredRow[]): BackendName[] {
  return [...new Set(rows.flatMap(({ backend }) => backend ?? []))];
}
