// Square grey images: which models take them, a drawing as a sample, and a sample as an image.
import { tensor, toNumbers, type Sample } from "@mpplan/ir";
import { toSamples, writeNpy, type InputSpec, type Preprocess } from "mpplan";
import { imageShape } from "./read-samples.js";

/** The side of the image that the model takes, where it takes one square grey image and nothing else. */
export function padOf(inputs: readonly InputSpec[]): number | null {
  const [input] = inputs;
  const shape = inputs.length === 1 && input ? imageShape(input) : null;
  return shape && shape.channels === 1 && shape.width === shape.height && shape.width <= 64
    ? shape.width
    : null;
}

/** Grey values from 0 to 255, read and preprocessed as sample files are. @throws InputError. */
export function drawnSample(
  pixels: Uint8Array,
  side: number,
  inputs: readonly InputSpec[],
  preprocess: Preprocess,
): Sample {
  const bytes = writeNpy(tensor("uint8", [1, side, side], pixels));
  return toSamples([{ name: "the drawing", bytes }], inputs, preprocess).samples.at(0);
}

/** A sample as an image: its smallest value black, its largest white. */
export function grey(sample: Sample): Uint8Array | null {
  const [t] = sample.values();
  if (!t) return null;
  const values = toNumbers(t);
  let [least, most] = [Infinity, -Infinity];
  for (const v of values) [least, most] = [Math.min(least, v), Math.max(most, v)];
  const range = most - least || 1;
  return Uint8Array.from(values, (v) => Math.round((255 * (v - least)) / range));
}
