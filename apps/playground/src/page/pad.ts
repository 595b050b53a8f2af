// A drawing on a small square grid of grey values: soft strokes, and the size and place that MNIST's digits have.

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

/** The side of the box that MNIST's digits fill, of 28. */
const boxOf28 = 20;

/**
 * The drawing as MNIST's makers would have it: scaled, with its aspect ratio, so that its longer side is 20 of 28 cells,
 * then moved by whole cells until its centre of mass is that of MNIST's, 14 cells from the first.
 */
export function likeMnist(pixels: Uint8Array, side: number): Uint8Array {
  return centred(scaled(pixels, side), side);
}

interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** What is drawn, scaled to the box, in the top left corner. Each cell is the mean of the area that comes to lie on it. */
export function scaled(pixels: Uint8Array, side: number): Uint8Array {
  const drawn = boxOf(pixels, side);
  const result = new Uint8Array(pixels.length);
  if (!drawn) return result;
  const { left, top, width, height } = drawn;
  const size = Math.round((side * boxOf28) / 28);
  const step = Math.max(width, height) / size;
  const columns = overlaps(left, width, step);
  const rows = overlaps(top, height, step);
  rows.forEach((row, y) =>
    columns.forEach((column, x) => {
      let sum = 0;
      for (const [r, h] of row) for (const [c, w] of column) sum += pixels[r * side + c]! * h * w;
      result[y * side + x] = Math.round(sum / (step * step));
    }),
  );
  return result;
}

/** For every cell of the result, `step` wide, the cells of `length` from `start` that it covers, and how much of each. */
function overlaps(start: number, length: number, step: number): (readonly [cell: number, part: number])[][] {
  // A whole number of cells, but for the error of the division.
  const count = Math.max(1, Math.ceil(length / step - 1e-9));
  return Array.from({ length: count }, (_, i) => {
    const [from, to] = [i * step, Math.min(length, (i + 1) * step)];
    const cells: [number, number][] = [];
    for (let cell = Math.floor(from); cell < to; cell++) {
      const part = Math.min(to, cell + 1) - Math.max(from, cell);
      if (part > 0) cells.push([start + cell, part]);
    }
    return cells;
  });
}

function boxOf(pixels: Uint8Array, side: number): Box | null {
  let [left, right, top, bottom] = [side, -1, side, -1];
  pixels.forEach((value, i) => {
    if (value === 0) return;
    const [column, row] = [i % side, Math.floor(i / side)];
    [left, right] = [Math.min(left, column), Math.max(right, column)];
    [top, bottom] = [Math.min(top, row), Math.max(bottom, row)];
  });
  return right < 0 ? null : { left, top, width: right - left + 1, height: bottom - top + 1 };
}

/** Moved by whole cells so that its centre of mass is in the middle; nothing is lost over the edge. */
export function centred(pixels: Uint8Array, side: number): Uint8Array {
  const drawn = boxOf(pixels, side);
  if (!drawn) return pixels.slice();
  let [mass, x, y] = [0, 0, 0];
  pixels.forEach((value, i) => {
    mass += value;
    x += value * (i % side);
    y += value * Math.floor(i / side);
  });
  const { left, top, width, height } = drawn;
  // The mean of MNIST's digits is cell 14 of 28, counted from 0, in both directions.
  const move = (at: number, first: number, length: number): number =>
    Math.max(-first, Math.min(side - length - first, Math.round(side / 2 - at / mass)));
  const [dx, dy] = [move(x, left, width), move(y, top, height)];
  const moved = new Uint8Array(pixels.length);
  pixels.forEach((value, i) => {
    if (value > 0) moved[i + dx + dy * side] = value;
  });
  return moved;
}
