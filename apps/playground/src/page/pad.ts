// A drawing on a small square grid of grey values: soft strokes, and centring as MNIST's digits have it.

/** Puts a soft dot at a place, in cells; what is brighter already stays. */
export function dot(pixels: Uint8Array, side: number, x: number, y: number): void {
  const radius = (1.9 * side) / 28;
  for (let row = Math.max(0, Math.floor(y - radius)); row < Math.min(side, y + radius); row++) {
    for (let column = Math.max(0, Math.floor(x - radius)); column < Math.min(side, x + radius); column++) {
      const distance = Math.hypot(column + 0.5 - x, row + 0.5 - y) / radius;
      const value = Math.round(255 * Math.max(0, Math.min(1, 2.2 * (1 - distance))));
      const at = row * side + column;
      pixels[at] = Math.max(pixels[at]!, value);
    }
  }
}

export function stroke(
  pixels: Uint8Array,
  side: number,
  from: readonly [number, number],
  to: readonly [number, number],
): void {
  const steps = Math.max(1, Math.ceil(2 * Math.hypot(to[0] - from[0], to[1] - from[1])));
  for (let i = 0; i <= steps; i++) {
    const part = i / steps;
    dot(pixels, side, from[0] + part * (to[0] - from[0]), from[1] + part * (to[1] - from[1]));
  }
}

/** Moved by whole cells so that its centre of mass is in the middle; nothing is lost over the edge. */
export function centred(pixels: Uint8Array, side: number): Uint8Array {
  let [mass, x, y] = [0, 0, 0];
  let [left, right, top, bottom] = [side, -1, side, -1];
  pixels.forEach((value, i) => {
    if (value === 0) return;
    const [column, row] = [i % side, Math.floor(i / side)];
    mass += value;
    x += value * column;
    y += value * row;
    [left, right] = [Math.min(left, column), Math.max(right, column)];
    [top, bottom] = [Math.min(top, row), Math.max(bottom, row)];
  });
  if (mass === 0) return pixels.slice();
  const middle = (side - 1) / 2;
  const dx = Math.max(-left, Math.min(side - 1 - right, Math.round(middle - x / mass)));
  const dy = Math.max(-top, Math.min(side - 1 - bottom, Math.round(middle - y / mass)));
  const moved = new Uint8Array(pixels.length);
  pixels.forEach((value, i) => {
    if (value > 0) moved[i + dx + dy * side] = value;
  });
  return moved;
}
