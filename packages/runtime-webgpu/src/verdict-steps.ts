// A run-time test on a low value of many bits, for which a table would be too long: where along the numbers of binary32
// its verdict changes.

/** The verdict of the lowest number, of NaN, and the places of the numbers from which on it is another one. */
export interface VerdictSteps {
  readonly first: boolean;
  readonly nan: boolean;
  readonly changes: readonly number[];
}

const word = new Uint32Array(1);
const float = new Float32Array(word.buffer);

/** Binary32 numbers in ascending order, by place: bits with the sign turned over, negative ones backwards. */
const lowest = 0x007fffff;
const highest = 0xff800000;

function numberAt(place: number): number {
  word[0] = place >= 0x80000000 ? place - 0x80000000 : ~place;
  return float[0]!;
}

/** The first place from `from` to `to` that holds; `to` if none does. Those that hold are the last ones. */
function firstThat(holds: (place: number) => boolean, from: number, to: number): number {
  while (from < to) {
    const middle = Math.floor((from + to) / 2);
    if (holds(middle)) to = middle;
    else from = middle + 1;
  }
  return from;
}

/**
 * The steps of `recompute(scaled(x))` over all numbers x of binary32, for a `scaled` that never falls and a verdict that
 * changes once at most between two neighbours among the kinks, and at them.
 */
export function verdictSteps(
  recompute: (low: number) => boolean,
  kinks: readonly number[],
  scaled: (x: number) => number,
): VerdictSteps {
  const end = highest + 1;
  const cuts = kinks.flatMap((kink) => [
    firstThat((place) => scaled(numberAt(place)) >= kink, lowest, end),
    firstThat((place) => scaled(numberAt(place)) > kink, lowest, end),
  ]);
  const edges = [...new Set([lowest, ...cuts, end])].sort((a, b) => a - b);
  const verdict = (place: number): boolean => recompute(scaled(numberAt(place)));
  const first = verdict(lowest);
  const changes: number[] = [];
  let now = first;
  for (const [i, from] of edges.slice(0, -1).entries()) {
    const to = edges[i + 1]!;
    if (verdict(from) !== now) {
      now = !now;
      changes.push(from);
    }
    if (verdict(to - 1) === now) continue;
    const before = now;
    changes.push(firstThat((place) => verdict(place) !== before, from, to));
    now = !now;
  }
  return { first, nan: recompute(NaN), changes };
}
