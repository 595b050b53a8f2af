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
  return h.infinite > 0 ? Infinity : binEdge(h.first + h.counts.length);
}

/** The share of values above a threshold, interpolated inside its bin. */
export function shareAbove(h: LogHistogram, threshold: number): number {
  const total = countOf(h);
  if (total === 0) return 0;
  const log = Math.log2(threshold);
  let above = h.infinite;
  h.counts.forEach((count, i) => {
    const low = binEdge(h.first + i);
    const high = binEdge(h.first + i + 1);
    above += count * Math.min(1, Math.max(0, (high - log) / (high - low)));
  });
  return (above + (threshold < 0 ? h.zeros : 0)) / total;
}
