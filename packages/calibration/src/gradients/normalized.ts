// What all normalisations share: the elements of a line, centred or not, over a root of their mean square.
import { sumsOf, type Lines } from "./lines.js";
import type { Room } from "./rule.js";

/** By what a line is divided, given its mean square q. */
export interface Divisor {
  readonly root: (q: number) => number;
  /** The derivative of the root by q. */
  readonly slope: (q: number) => number;
}

/** sqrt(q + epsilon). */
export function rootOf(epsilon: number): Divisor {
  return { root: (q) => Math.sqrt(q + epsilon), slope: (q) => 0.5 / Math.sqrt(q + epsilon) };
}

export interface Normalized {
  /** (x - mean) / root. */
  readonly y: Float64Array;
  readonly roots: Float64Array;
  /** From the cotangent of y to that of x. */
  pull(g: Float64Array, room: Room): Float64Array;
}

/**
 * With y = (x - m) / r(q) and q = mean (x - m)^2, of n elements:
 * dx = (g - mean g) / r - 2 r'(q) y mean(g y); without centring m = 0, and mean g is left out.
 */
export function normalized(x: Float64Array, lines: Lines, centred: boolean, divisor: Divisor): Normalized {
  const { places, size } = lines;
  const means = sumsOf(lines, (i) => (centred ? x[i]! : 0)).map((sum) => sum / size);
  const squares = sumsOf(lines, (i) => (x[i]! - means[places[i]!]!) ** 2).map((sum) => sum / size);
  const roots = squares.map(divisor.root);
  const bends = squares.map((q) => 2 * divisor.slope(q));
  const y = x.map((value, i) => {
    const root = roots[places[i]!]!;
    return root === 0 ? 0 : (value - means[places[i]!]!) / root;
  });
  return {
    y,
    roots,
    pull(g, room) {
      const shifts = centred ? sumsOf(lines, (i) => g[i]!) : null;
      const turns = sumsOf(lines, (i) => g[i]! * y[i]!);
      const result = room(g.length);
      for (let i = 0; i < g.length; i++) {
        const line = places[i]!;
        if (roots[line] === 0) continue;
        const turn = turns[line] === 0 ? 0 : (bends[line]! * y[i]! * turns[line]!) / size;
        result[i] = (g[i]! - (shifts ? shifts[line]! / size : 0)) / roots[line]! - turn;
      }
      return result;
    },
  };
}
