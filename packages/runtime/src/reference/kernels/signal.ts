// Fourier transforms by their definition, and the windows that signals are cut with.
import {
  frameLength,
  intAttr,
  isFloat,
  shapeError,
  signalAxis,
  transformLength,
  type Node,
  type Tensor,
} from "@mpplan/ir";
import { need, type ReferenceKernel } from "../kernel.js";
import { converter } from "./convert.js";
import { around } from "./select.js";
import { contextOf, elementsOf, outputTypes, zeros } from "./tensors.js";

export const dft: ReferenceKernel = (inputs, node) => {
  const x = need(inputs, 0, node);
  const context = contextOf(inputs, node);
  const [{ elem, shape }] = outputTypes(inputs, node) as [{ elem: Tensor["elem"]; shape: number[] }];
  const result = zeros(elem, shape);
  const [source, target] = [elementsOf(x.data), elementsOf(result.data)];
  const axis = signalAxis(context, x.dims.length)!;
  const size = x.dims[axis]!;
  const [parts, outParts] = [x.dims.at(-1)!, shape.at(-1)!];
  const length = transformLength(context, size) as number;
  const inverse = intAttr(node, "inverse") !== 0;
  const transform = transformOf(length, inverse);
  const { outer } = around(x.dims, axis);
  // Between neighbours along the axis, real and imaginary parts counted as one.
  const inner = around(x.dims.slice(0, -1), axis).inner;

  for (let line = 0; line < outer * inner; line++) {
    const [o, j] = [Math.floor(line / inner), line % inner];
    const at = (i: number): number => ((o * size + i) * inner + j) * parts;
    const signal = complexSignal(length, (i, part) => (i < size && part < parts ? source[at(i) + part]! : 0));
    // Half of a spectrum tells the other half.
    if (inverse && outParts === 1) mirror(signal);
    for (let k = 0; k < shape[axis]!; k++) {
      const value = transform(signal, k);
      for (let part = 0; part < outParts; part++) {
        target[((o * shape[axis]! + k) * inner + j) * outParts + part] = value[part]!;
      }
    }
  }
  return [result];
};

export const stft: ReferenceKernel = (inputs, node) => {
  const signal = need(inputs, 0, node);
  const [{ elem, shape }] = outputTypes(inputs, node) as [{ elem: Tensor["elem"]; shape: number[] }];
  const [batch, frames, bins] = shape as [number, number, number];
  const step = Number(need(inputs, 1, node).data[0]);
  const length = frameLength(contextOf(inputs, node)) as number;
  const window = inputs[2] && elementsOf(inputs[2].data);
  const result = zeros(elem, shape);
  const [source, target] = [elementsOf(signal.data), elementsOf(result.data)];
  const [, size, parts] = signal.dims as [number, number, number];
  const transform = transformOf(length, false);
  for (let n = 0; n < batch; n++) {
    for (let frame = 0; frame < frames; frame++) {
      const first = n * size + frame * step;
      const cut = complexSignal(length, (i, part) =>
        part < parts ? source[(first + i) * parts + part]! * (window ? window[i]! : 1) : 0,
      );
      for (let k = 0; k < bins; k++) {
        const place = ((n * frames + frame) * bins + k) * 2;
        [target[place], target[place + 1]] = transform(cut, k);
      }
    }
  }
  return [result];
};

/** Real and imaginary parts, one after the other. */
function complexSignal(length: number, part: (i: number, part: number) => number): Float64Array {
  return Float64Array.from({ length: 2 * length }, (_, i) => part(i >> 1, i & 1));
}

/** Fills the second half of a spectrum with the conjugates of the first; the middle of an even one is real. */
function mirror(signal: Float64Array): void {
  const length = signal.length / 2;
  for (let k = Math.floor(length / 2) + 1; k < length; k++) {
    signal[2 * k] = signal[2 * (length - k)]!;
    signal[2 * k + 1] = -signal[2 * (length - k) + 1]!;
  }
  if (length > 0) signal[1] = 0;
  if (length % 2 === 0 && length > 0) signal[length + 1] = 0;
}

/** One element of the transform: the sum of x[n] e^(-+2 pi i k n / N), divided by N in the inverse. */
function transformOf(
  length: number,
  inverse: boolean,
): (signal: Float64Array, k: number) => [number, number] {
  const angle = ((inverse ? 2 : -2) * Math.PI) / length;
  const cos = Float64Array.from({ length }, (_, i) => Math.cos(angle * i));
  const sin = Float64Array.from({ length }, (_, i) => Math.sin(angle * i));
  const divisor = inverse ? length : 1;
  return (signal, k) => {
    let [real, imaginary] = [0, 0];
    for (let n = 0; n < length; n++) {
      const turn = (k * n) % length;
      const [re, im] = [signal[2 * n]!, signal[2 * n + 1]!];
      real += re * cos[turn]! - im * sin[turn]!;
      imaginary += re * sin[turn]! + im * cos[turn]!;
    }
    return [real / divisor, imaginary / divisor];
  };
}

/** A window as a sum of cosines of one, two, ... turns. */
function cosineWindow(...coefficients: number[]): ReferenceKernel {
  return (inputs, node) => {
    const [{ elem, shape }] = outputTypes(inputs, node) as [{ elem: Tensor["elem"]; shape: [number] }];
    const [size] = shape;
    const period = intAttr(node, "periodic") !== 0 ? size : size - 1;
    return [
      convertedTo(elem, shape, (n) =>
        period === 0
          ? 1
          : coefficients.reduce((sum, c, turns) => sum + c * Math.cos((2 * Math.PI * turns * n) / period), 0),
      ),
    ];
  };
}

export const blackmanWindow = cosineWindow(0.42, -0.5, 0.08);
export const hammingWindow = cosineWindow(25 / 46, -21 / 46);
export const hannWindow = cosineWindow(0.5, -0.5);

export const melWeightMatrix: ReferenceKernel = (inputs, node) => {
  const [bins, length, rate, lowest, highest] = inputs.map((_, i) =>
    Number(need(inputs, i, node).data[0]),
  ) as [number, number, number, number, number];
  const [{ elem, shape }] = outputTypes(inputs, node) as [{ elem: Tensor["elem"]; shape: [number, number] }];
  const [low, high] = [melOf(lowest), melOf(highest)];
  const step = (high - low) / (bins + 2);
  const corners = Array.from({ length: bins + 2 }, (_, i) =>
    Math.floor(((length + 1) * hertzOf(low + i * step)) / rate),
  );
  const outside = corners.find((corner) => !(corner >= 0 && corner < shape[0]));
  if (outside !== undefined) return refuseFrequency(node, lowest, highest, rate);
  return [
    convertedTo(elem, shape, (i) => {
      const [row, bin] = [Math.floor(i / bins), i % bins];
      const [left, center, right] = corners.slice(bin, bin + 3) as [number, number, number];
      if (row === center) return 1;
      if (row > left && row < center) return (row - left) / (center - left);
      return row > center && row < right ? (right - row) / (right - center) : 0;
    }),
  ];
};

function melOf(hertz: number): number {
  return 2595 * Math.log10(1 + hertz / 700);
}

function hertzOf(mel: number): number {
  return 700 * (10 ** (mel / 2595) - 1);
}

function refuseFrequency(node: Node, lowest: number, highest: number, rate: number): never {
  throw shapeError(
    node,
    `${node.op} reaches from ${lowest} to ${highest} Hz, beyond what ${rate} samples per second tell`,
    "choose frequencies from 0 to half the sample rate",
  );
}

function convertedTo(elem: Tensor["elem"], dims: readonly number[], value: (i: number) => number): Tensor {
  const result = zeros(elem, dims);
  const convert = isFloat(elem) ? (x: number) => x : converter("float64", elem);
  const target = elementsOf(result.data);
  for (let i = 0; i < target.length; i++) target[i] = convert(value(i)) as number;
  return result;
}
