// --include and --exclude: which sites are planned, and which stay in high precision. They speak of sums of products;
// sums of plain values are decided by themselves.
import { UsageError } from "./errors.js";

export interface SitePatterns {
  /** Only sites that match one of these are planned. */
  readonly include?: readonly string[] | undefined;
  /** Sites that match one of these are not. */
  readonly exclude?: readonly string[] | undefined;
}

/**
 * Says of a site whether it stays in high precision. `*` stands for any characters, `?` for one.
 * @throws UsageError where a pattern matches no site at all: it would be ignored in silence.
 */
export function highPrecisionSites(
  sites: readonly string[],
  { include, exclude }: SitePatterns,
): ((site: string) => boolean) | undefined {
  if (!include && !exclude) return undefined;
  const planned = (include ?? ["*"]).map((pattern) => compile(pattern, sites, "--include"));
  const kept = (exclude ?? []).map((pattern) => compile(pattern, sites, "--exclude"));
  return (site) => kept.some((p) => p.test(site)) || !planned.some((p) => p.test(site));
}

function compile(pattern: string, sites: readonly string[], flag: string): RegExp {
  const escaped = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replace(/\*/g, ".*")
    .replace(/\?/g, ".");
  const regex = new RegExp(`^${escaped}$`);
  if (sites.some((site) => regex.test(site))) return regex;
  throw new UsageError("bad-option", {
    what: `The pattern "${pattern}" matches no sum site`,
    where: flag,
    next: `the sites are: ${sites.slice(0, 20).join(", ")}${sites.length > 20 ? ", ..." : ""}`,
  });
}
