// Plain tables for a terminal or a file: columns aligned, no boxes, nothing cut.
import Table from "cli-table3";

export type Align = "left" | "right";

/** Rows under a head. */
export function table(
  head: readonly string[],
  align: readonly Align[],
  rows: readonly (readonly string[])[],
): string {
  const none = {
    top: "",
    "top-mid": "",
    "top-left": "",
    "top-right": "",
    bottom: "",
    "bottom-mid": "",
    "bottom-left": "",
    "bottom-right": "",
    left: "",
    "left-mid": "",
    mid: "",
    "mid-mid": "",
    right: "",
    "right-mid": "",
    middle: "  ",
  };
  const t = new Table({
    head: [...head],
    colAligns: [...align],
    chars: none,
    style: { head: [], border: [], "padding-left": 0, "padding-right": 0, compact: true },
  });
  t.push(...rows.map((row) => row.map(printable)));
  return t
    .toString()
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n");
}

/** Names come from files: a control character in one must not reach the terminal. */
function printable(cell: string): string {
  return cell.replace(/\p{Cc}/gu, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** 0.0123 -> "1.23e-2"; null -> "-". */
export function scientific(x: number | null): string {
  if (x === null) return "-";
  return x === 0 ? "0" : x.toExponential(2);
}

export function fixed(x: number | null, digits: number): string {
  return x === null ? "-" : x.toFixed(digits);
}

export function percent(x: number | null, digits = 1): string {
  return x === null ? "-" : `${(100 * x).toFixed(digits)} %`;
}
