// Reading histograms of log2|x|: quantiles, and the share beyond a threshold.
import type { LogHistogram } from "./profile.js";

const binsPerOctave = 8;

/** log2 of the lower edge of a bin; inside an octave the edges are 1, 1 + 1/8, ..., 1 + 7/8. */
export function binEdge(bin: number): number {
  const octave = Math.floor(bin / binsPerOctave);
  return octave + Math.log2(1 + (bin - octave * binsPerOctave) / binsPerOctave);
}

/** How many values a histogram has counted, NaN left out. */
export function countOf(h: LogHistogram): number {
  return h.zeros + h.infinite + h.counts.reduce((sum, count) => sum + count, 0);
}

/**
 * The q-quantile of log2|x|: -Infinity where it falls among the zeros, Infinity among the infinities, otherwise
 * interpolated inside its bin (0.17 in log2 at most). NaN for an empty histogram.
 */
export function quantile(h: LogHistogram, q: number): number {
  const total = countOf(h);
  if (total === 0) return NaN;
  let rank = q * total;
  if (rank < h.zeros) return -Infinity;
  rank -= h.zeros;
  for (let i = 0; i < h.counts.length; i++) {
    const count = h.counts[i]!;
    if (rank < count) {
      const low = binEdge(h.first + i);
      return low + (binEdge(h.first + i + 1) - low) * ((rank + 0.5) / (count + 1));
    }
    rank -= count;
  }
  if (h.infinite > 0) return Infinity;
  return h.counts.length > 0 ? binEdge(h.first + h.counts.length) : -Infinity;
}

/** The share of values above a threshold, interpolated inside its bin. */
export function shareAbove(h: LogHistogram, threshold: number): number {
  const total = countOf(h);
  if (total === 0) return 0;
  const log = Math.log2(Math.max(threshold, 0));
  const octave = Math.floor(log);
  // The threshold's own bin; the ends of the histogram stand for 0 and Infinity.
  const bin = Number.isFinite(log)
    ? octave * binsPerOctave + Math.floor((2 ** (log - octave) - 1) * binsPerOctave)
    : log;
  let above = h.infinite;
  for (let i = Math.max(0, bin + 1 - h.first); i < h.counts.length; i++) above += h.counts[i]!;
  const own = h.counts[bin - h.first] ?? 0;
  if (own > 0) above += own * ((binEdge(bin + 1) - log) / (binEdge(bin + 1) - binEdge(bin)));
  return (above + (threshold < 0 ? h.zeros : 0)) / total;
}
