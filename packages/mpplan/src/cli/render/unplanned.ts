// What is not planned, for people: nodes that add products and have no site, by reason.
import type { UnplannedSum } from "@mpplan/ir";

/** How many names of one reason are written out. */
const mostNames = 4;

/** A line per reason, without the shapes that it names; nothing where every sum of products is planned. */
export function unplannedText(unplanned: readonly UnplannedSum[]): string {
  if (unplanned.length === 0) return "";
  const kind = ({ op, reason }: UnplannedSum): string => `${op}, since ${reason.split(": ")[0]!}`;
  const lines = [...new Set(unplanned.map(kind))].map((what) => {
    const list = unplanned.filter((each) => kind(each) === what);
    const names = list.slice(0, mostNames).map(({ node }) => node);
    const more = list.length > mostNames ? `, and ${list.length - mostNames} more` : "";
    return `  ${list.length} ${what}: ${names.join(", ")}${more}\n`;
  });
  return `not planned, so carried out exactly: ${unplanned.length} nodes that add products\n${lines.join("")}`;
}
