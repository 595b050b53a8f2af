// What stands in for a missing gradient rule: finite differences of the node itself. Slower and less exact than a rule
// (about 10 digits at best), and never silent: `how` says what was done.
import { seededRandom } from "@mpplan/formats";
import { isFloat, type Tensor } from "@mpplan/ir";
import { broadcastPositions, evaluateNode } from "@mpplan/runtime";
import { numbersOf, type GradientContext, type Pullback } from "./rule.js";

export interface Probed {
  readonly pull: Pullback;
  readonly how: string;
}

/** Elements of a sample's input times those of its output up to which every derivative is measured. */
const largestJacobian = 2 ** 18;

/** One input's part of the pullback. */
type Part = (g: readonly Float64Array[], into: Float64Array) => void;

/**
 * Measures a node's derivatives by central differences. Where the output is found to be elementwise in an input,
 * two runs of the node give all of them; else one element of the input is moved at a time (the same one of every
 * sample, where samples are found to keep to their own part of the first axis). Where that is too much, the
 * gradient stops here.
 */
export function probe(context: GradientContext): Probed {
  const how = new Set<string>();
  const parts = context.wanted.map((wanted, i): Part | null => {
    if (!wanted) return null;
    const found = elementwise(context, i) ?? elementByElement(context, i);
    how.add(found.how);
    return found.part;
  });
  const sizes = context.inputs.map((t) => t?.data.length ?? 0);
  return {
    how: [...how].join("; "),
    pull: (g, room) =>
      parts.map((part, i) => {
        if (!part) return null;
        const into = room(sizes[i]!);
        part(g, into);
        return into;
      }),
  };
}

interface Found {
  readonly part: Part | null;
  readonly how: string;
}

function elementwise(context: GradientContext, index: number): Found | null {
  const [input, output] = [context.inputs[index]!, context.outputs[0]!];
  if (context.outputs.length !== 1 || !stretches(input.dims, output.dims)) return null;
  const places = broadcastPositions(input.dims, output.dims);
  const slopesAlong = (sign: (e: number) => number): Float64Array => {
    const steps = numbersOf(input).map((x, e) => sign(e) * stepAt(x));
    const [difference] = differences(context, index, steps);
    return difference!.map((d, j) => {
      const e = places ? places[j]! : j;
      return d / spanOf(numbersOf(input)[e]!, steps[e]!);
    });
  };
  const slopes = slopesAlong(() => 1);
  // An element that is moved the other way has, to the bit, the same slope, unless it feels others that were not.
  const random = seededRandom(1);
  for (let trial = 0; trial < 6; trial++) {
    const signs = Float64Array.from(input.data as Float64Array, () => (random() & 0x800000 ? 1 : -1));
    if (slopesAlong((e) => signs[e]!).some((slope, j) => !Object.is(slope + 0, slopes[j]! + 0))) return null;
  }
  const part: Part = ([g], into) => {
    for (let j = 0; j < slopes.length; j++) {
      if (g![j] !== 0) into[places ? places[j]! : j]! += g![j]! * slopes[j]!;
    }
  };
  return { part, how: "central differences, all elements at once (it is elementwise)" };
}

function elementByElement(context: GradientContext, index: number): Found {
  const x = numbersOf(context.inputs[index]);
  const { count } = context;
  const samples = count > 1 && samplesKeepApart(context, index) ? count : 1;
  const perSample = x.length / samples;
  const outputs = context.outputs.map((t) => (isFloat(t.elem) ? t.data.length / samples : 0));
  const size = outputs.reduce((sum, length) => sum + length, 0);
  if (perSample * size > largestJacobian) {
    const what = `${perSample} x ${size} derivatives`;
    return { part: null, how: `the gradient stops here: ${what} are too many to measure` };
  }
  // slopes[e][output][sample's own element]
  const slopes = Array.from({ length: perSample }, (_, e) => {
    const steps = new Float64Array(x.length);
    for (let s = 0; s < samples; s++) steps[s * perSample + e] = stepAt(x[s * perSample + e]!);
    return differences(context, index, steps).map((d, o) =>
      d.map((change, j) => {
        const at = Math.floor(j / outputs[o]!) * perSample + e;
        return change / spanOf(x[at]!, steps[at]!);
      }),
    );
  });
  const part: Part = (g, into) => {
    for (let e = 0; e < perSample; e++) {
      for (const [o, own] of outputs.entries()) {
        const slope = slopes[e]![o]!;
        for (let j = 0; j < slope.length; j++) {
          if (g[o]![j] !== 0) into[Math.floor(j / own) * perSample + e]! += g[o]![j]! * slope[j]!;
        }
      }
    }
  };
  return { part, how: "central differences, element by element" };
}

/** True where moving the first sample's elements changes nothing outside the first sample's part of the outputs. */
function samplesKeepApart(context: GradientContext, index: number): boolean {
  const { count, outputs, inputs } = context;
  if ([inputs[index]!, ...outputs].some((t) => (t.dims[0] ?? 1) % count !== 0)) return false;
  const x = numbersOf(inputs[index]);
  const steps = x.map((value, e) => (e < x.length / count ? stepAt(value) : 0));
  return differences(context, index, steps).every((d) => !d.some((c, j) => j >= d.length / count && c !== 0));
}

/** f(x + steps) - f(x - steps) per float output; empty for the others. */
function differences(context: GradientContext, index: number, steps: Float64Array): Float64Array[] {
  const { node, inputs } = context;
  // As float64: values that are called float32 would be rounded to binary32 between the runs.
  const wide = inputs.map((t) => t && (isFloat(t.elem) ? { ...t, elem: "float64" as const } : t));
  const moved = (sign: number): Tensor[] => {
    const data = numbersOf(inputs[index]).map((x, e) => x + sign * steps[e]!);
    return evaluateNode(
      node,
      wide.map((t, i) => (i === index ? { ...t!, data } : t)),
    );
  };
  const [up, down] = [moved(1), moved(-1)];
  return up.map((t, o) => {
    if (!isFloat(t.elem)) return new Float64Array(0);
    const low = numbersOf(down[o]);
    return numbersOf(t).map((y, j) => y - low[j]!);
  });
}

/** Near the cube root of binary64's unit roundoff, where truncation and rounding of a central difference are even. */
function stepAt(x: number): number {
  return 2 ** -17 * Math.max(1, Math.abs(x));
}

/** How far apart the two points really are. */
function spanOf(x: number, step: number): number {
  return x + step - (x - step);
}

/** True where a tensor of these dims broadcasts to those. */
function stretches(from: readonly number[], to: readonly number[]): boolean {
  return (
    from.length <= to.length &&
    from.every((size, i) => size === 1 || size === to[i + to.length - from.length])
  );
}
