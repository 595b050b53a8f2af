// The phases of a transposed convolution: which taps meet the pixels s r + 0, s r + 1, ... of an axis of stride s.
import type { Node } from "../graph.js";
import { transposedOutput, transposedWindow } from "../ops/transposed-window.js";
import type { SlidingWindow } from "../ops/window.js";
import type { Tensor } from "../types.js";

/** One axis: the sizes of input and image, and the phases of the image, as many as the stride or the image is long. */
export interface Axis {
  readonly size: number;
  readonly image: number;
  /** Pixels per phase, where the last phases may have one less. */
  readonly rounds: number;
  readonly phases: readonly Phase[];
}

/** The convolution of one phase along one axis. */
export interface Phase {
  /** Taps of the kernel, in the order in which they meet the input. */
  readonly taps: readonly number[];
  readonly dilation: number;
  /** What the taps cover of the input. */
  readonly extent: number;
  /** Padding of the input; negative where its border is not read. */
  readonly before: number;
  readonly after: number;
  readonly count: number;
}

/** The axes of a ConvTranspose whose input has these sizes. */
export function axesOf(node: Node, spatial: readonly number[], weights: Tensor): Axis[] {
  const kernel = weights.dims.slice(2);
  const window = transposedWindow(node, spatial, kernel);
  const images = transposedOutput(node, spatial, kernel);
  return spatial.map((size, i) => {
    const image = images[i] as number;
    const stride = window.strides[i]!;
    const phases = Array.from({ length: Math.min(stride, image) }, (_, first) =>
      phaseOf(window, i, size, first, Math.ceil((image - first) / stride)),
    );
    return { size, image, rounds: Math.ceil(image / stride), phases };
  });
}

function phaseOf(window: SlidingWindow, i: number, size: number, first: number, count: number): Phase {
  const [stride, dilation, pad] = [window.strides[i]!, window.dilations[i]!, window.padsBegin[i]!];
  const kernel = Array.from({ length: window.kernel[i]! }, (_, k) => k);
  const taps = kernel.filter((k) => (first + pad - dilation * k) % stride === 0).reverse();
  // Pixel s r + first reads element r + offset(k) for each of the taps k.
  const offset = (k: number): number => (first + pad - dilation * k) / stride;
  if (taps.length === 0) return { taps, dilation: 1, extent: 0, before: 0, after: 0, count };
  const [least, most] = [offset(taps[0]!), offset(taps.at(-1)!)];
  const step = taps.length > 1 ? offset(taps[1]!) - least : 1;
  const extent = most - least + 1;
  return { taps, dilation: step, extent, before: -least, after: most + count - size, count };
}

/** True where a phase of the axis reads nothing of the input, so that there is nothing to convolve. */
export function isCutAway({ size, phases }: Axis): boolean {
  return phases.some(
    ({ taps, before, after }) => taps.length > 0 && size + Math.min(before, 0) + Math.min(after, 0) < 1,
  );
}
