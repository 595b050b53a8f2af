// Interpolation filters: the weight of an element at a distance from the point that is sought.

export function linearFilter(distance: number): number {
  return Math.max(1 - Math.abs(distance), 0);
}

/** Cubic convolution with the free coefficient a; R. Keys, "Cubic convolution interpolation" (1981), equation 4. */
export function cubicFilter(a: number): (distance: number) => number {
  return (distance) => {
    const d = Math.abs(distance);
    if (d <= 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
    return d < 2 ? ((d - 5) * d + 8) * d * a - 4 * a : 0;
  };
}
