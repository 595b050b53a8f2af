// A window at all of its places, tap by tap: what a convolution multiplies with what.
import { sizeOf, type SlidingWindow } from "@mpplan/ir";
import { stridesOf } from "./positions.js";

/** The position in the plane under tap t of place p, at p x taps + t; -1 in the padding. */
export function windowPositions(spatial: readonly number[], window: SlidingWindow): Int32Array {
  const strides = stridesOf(spatial);
  const [places, taps] = [sizeOf(window.output), sizeOf(window.kernel)];
  const [placeStrides, tapStrides] = [stridesOf(window.output), stridesOf(window.kernel)];
  const result = new Int32Array(places * taps);
  for (let place = 0; place < places; place++) {
    for (let tap = 0; tap < taps; tap++) {
      let position = 0;
      for (let axis = 0; axis < spatial.length && position >= 0; axis++) {
        const o = Math.floor(place / placeStrides[axis]!) % window.output[axis]!;
        const t = Math.floor(tap / tapStrides[axis]!) % window.kernel[axis]!;
        const at = o * window.strides[axis]! - window.padsBegin[axis]! + t * window.dilations[axis]!;
        position = at < 0 || at >= spatial[axis]! ? -1 : position + at * strides[axis]!;
      }
      result[place * taps + tap] = position;
    }
  }
  return result;
}
