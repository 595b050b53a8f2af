// A window at every one of its places: which elements of a plane it covers there.
import { sizeOf, type SlidingWindow } from "@mpplan/ir";
import { stridesOf } from "./positions.js";

/**
 * What is seen at one place: `taps[0..count)` are positions in the plane, in row-major order of the window.
 * `covered` also counts padding, though not what lies beyond it (ceil_mode). The array is used again.
 */
export type VisitWindow = (place: number, taps: Int32Array, count: number, covered: number) => void;

export function forEachWindow(spatial: readonly number[], window: SlidingWindow, visit: VisitWindow): void {
  const strides = stridesOf(spatial);
  const along = spatial.map((size, axis) =>
    Array.from({ length: window.output[axis]! }, (_, place) =>
      tapsAlong(window, axis, place, size, strides[axis]!),
    ),
  );
  const taps = new Int32Array(sizeOf(spatial.map((size, axis) => Math.min(size, window.kernel[axis]!))));
  const places = sizeOf(window.output);
  for (let place = 0; place < places; place++) {
    let rest = place;
    let count = 1;
    let covered = 1;
    taps[0] = 0;
    for (let axis = spatial.length - 1; axis >= 0; axis--) {
      const here = along[axis]![rest % window.output[axis]!]!;
      rest = Math.floor(rest / window.output[axis]!);
      covered *= here.covered;
      // As in `positions`, but the first tap may move what is there: it comes last.
      for (let i = here.positions.length - 1; i >= 0; i--) {
        for (let j = 0; j < count; j++) taps[i * count + j] = taps[j]! + here.positions[i]!;
      }
      count *= here.positions.length;
    }
    visit(place, taps, count, covered);
  }
}

interface TapsAlong {
  readonly positions: readonly number[];
  readonly covered: number;
}

function tapsAlong(w: SlidingWindow, axis: number, place: number, size: number, stride: number): TapsAlong {
  const [kernel, dilation] = [w.kernel[axis]!, w.dilations[axis]!];
  const start = place * w.strides[axis]! - w.padsBegin[axis]!;
  // How many taps lie before a coordinate. Not counted one by one: a kernel may be far larger than its input.
  const tapsBefore = (end: number): number =>
    Math.min(Math.max(Math.ceil((end - start) / dilation), 0), kernel);
  const positions: number[] = [];
  for (let t = tapsBefore(0); t < tapsBefore(size); t++) positions.push((start + t * dilation) * stride);
  return { positions, covered: tapsBefore(size + w.padsEnd[axis]!) };
}
