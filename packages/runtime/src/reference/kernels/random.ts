// Random tensors: the operators' definitions say what the draws depend on.
import { seededRandom } from "@mpplan/formats";
import { floatAttr, type ElementType, type Node } from "@mpplan/ir";
import { need, type ReferenceKernel } from "../kernel.js";
import { elementsOf, isBig, outputTypes, zeros } from "./tensors.js";

type Draw = (uniform: () => number) => number;

export const bernoulli: ReferenceKernel = (inputs, node) => {
  const [{ elem, shape }] = outputTypes(inputs, node) as [{ elem: ElementType; shape: number[] }];
  const chances = need(inputs, 0, node).data as Float64Array;
  const result = zeros(elem, shape);
  const data = elementsOf(result.data);
  const one = isBig(result.data) ? (1n as unknown as number) : 1;
  const uniform = uniformFor(node);
  for (let i = 0; i < data.length; i++) if (uniform() < chances[i]!) data[i] = one;
  return [result];
};

/** Per row, the class where a number drawn from 0 to the sum of all probabilities falls. */
export const multinomial: ReferenceKernel = (inputs, node) => {
  const [{ elem, shape }] = outputTypes(inputs, node) as [{ elem: ElementType; shape: [number, number] }];
  const logits = need(inputs, 0, node);
  const classes = logits.dims[1]!;
  const [rows, samples] = shape;
  const result = zeros(elem, shape);
  const target = elementsOf(result.data);
  const uniform = uniformFor(node);
  for (let row = 0; row < rows; row++) {
    const values = (logits.data as Float64Array).subarray(row * classes, (row + 1) * classes);
    const largest = values.reduce((a, b) => Math.max(a, b), -Infinity);
    const weights = values.map((x) => Math.exp(x - largest));
    const total = weights.reduce((a, b) => a + b, 0);
    for (let i = 0; i < samples; i++) {
      let left = uniform() * total;
      const found = weights.findIndex((weight) => (left -= weight) < 0);
      const drawn = found < 0 ? classes - 1 : found;
      target[row * samples + i] = isBig(result.data) ? (BigInt(drawn) as unknown as number) : drawn;
    }
  }
  return [result];
};

// Box and Muller (1958): two uniform numbers make a normal one.
const normal = (node: Node): Draw => {
  const [mean, scale] = [floatAttr(node, "mean"), floatAttr(node, "scale")];
  return (uniform) =>
    mean + scale * Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
};

const uniformBetween = (node: Node): Draw => {
  const [low, high] = [floatAttr(node, "low"), floatAttr(node, "high")];
  return (uniform) => low + (high - low) * uniform();
};

export const randomNormal = drawing(normal);
export const randomUniform = drawing(uniformBetween);

function drawing(make: (node: Node) => Draw): ReferenceKernel {
  return (inputs, node) => {
    const [{ elem, shape }] = outputTypes(inputs, node) as [{ elem: ElementType; shape: number[] }];
    const result = zeros(elem, shape);
    const [draw, uniform] = [make(node), uniformFor(node)];
    const data = elementsOf(result.data);
    for (let i = 0; i < data.length; i++) data[i] = draw(uniform);
    return [result];
  };
}

/** Numbers from 0 up to but without 1, of 48 bits. */
function uniformFor(node: Node): () => number {
  const random = seededRandom(seedOf(node));
  return () => (random() * 2 ** 24 + random()) / 2 ** 48;
}

/** The bits of the seed, a binary32 number; without one FNV-1a of the node's id. */
function seedOf(node: Node): number {
  const seed = node.attrs["seed"] as number | undefined;
  if (seed !== undefined) return new Int32Array(Float32Array.of(seed).buffer)[0]!;
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(node.id)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash;
}
