// The bins of the contribution score: where a threshold on it may lie. See `Activation.score`.

/** Scores in (0, 2^-16] share a bin: they are as good as zero. */
const smallest = -16;
const perOctave = 4;
const most = 1 + perOctave * 48;
const least = -48;

/**
 * The bin of a score. Bin b holds (edge(b - 1), edge(b)], four bins an octave above zero, one below, where only
 * the neighbourhood of zero matters. Scores beyond either end fall into the last bins.
 */
export function scoreBin(score: number): number {
  if (score > 0) {
    if (score > scoreEdge(most - 1)) return most;
    const octave = Math.floor(Math.log2(score));
    // log2 may round up to the next octave: the edges decide.
    let bin = Math.max(1, 1 + (octave - smallest) * perOctave);
    while (score > scoreEdge(bin)) bin++;
    while (bin > 1 && score <= scoreEdge(bin - 1)) bin--;
    return bin;
  }
  let bin = score < 0 ? Math.min(0, smallest - Math.floor(Math.log2(-score))) : 0;
  if (bin < least) return least;
  while (bin > least && score <= scoreEdge(bin - 1)) bin--;
  while (bin < 0 && score > scoreEdge(bin)) bin++;
  return bin;
}

/** The upper edge of a bin, which belongs to it. Edges have three significant bits, so they print short. */
export function scoreEdge(bin: number): number {
  if (bin === 0) return 0;
  if (bin < 0) return -(2 ** (smallest - bin - 1));
  const place = bin - 1;
  return 2 ** (smallest + Math.floor(place / perOctave)) * (1 + (place % perOctave) / perOctave);
}
