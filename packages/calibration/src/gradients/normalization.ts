// Normalisations along axes, per channel or per group, most of them with a scale and a shift behind.
import { floatAttr, intAttr, intsAttr, normalizeAxes, normalizeAxis, sizeOf } from "@mpplan/ir";
import { around, broadcastPositions } from "@mpplan/runtime";
import { linesAlong, linesOf, sumsOf, type Lines } from "./lines.js";
import { normalized, rootOf, type Normalized } from "./normalized.js";
import { numbersOf, type GradientContext, type GradientRule, type Pullback } from "./rule.js";

export const groupNormalization: GradientRule = (context) =>
  perGroup(context, intAttr(context.node, "num_groups"));
export const instanceNormalization: GradientRule = (context) =>
  perGroup(context, context.inputs[0]!.dims[1]!);

/** The means and the inverse roots, where they are read, send back theirs. */
export const layerNormalization: GradientRule = (context) => {
  const lines = trailingLines(context);
  const { pull, y, roots } = normalized(
    numbersOf(context.inputs[0]),
    lines,
    true,
    rootOf(floatAttr(context.node, "epsilon")),
  );
  const affine = scaledAndShifted(context, { y, roots, pull }, broadcastOf(context));
  return (g, room) => {
    const results = affine(g, room);
    const [dx, [, ofMeans, ofInverses]] = [results[0], g];
    for (let i = 0; dx && i < dx.length; i++) {
      const line = lines.places[i]!;
      // The inverse root is 1 / r, and dr / dx = y / n.
      if (ofMeans) dx[i]! += ofMeans[line]! / lines.size;
      if (ofInverses) dx[i]! -= (ofInverses[line]! * y[i]!) / (roots[line]! ** 2 * lines.size);
    }
    return results;
  };
};

export const rmsNormalization: GradientRule = (context) => {
  const divisor = rootOf(floatAttr(context.node, "epsilon"));
  const unit = normalized(numbersOf(context.inputs[0]), trailingLines(context), false, divisor);
  return scaledAndShifted(context, unit, broadcastOf(context));
};

/** Over the square root plus 1e-9; a line of equal elements passes nothing through it. */
export const meanVarianceNormalization: GradientRule = ({ node, inputs }) => {
  const { dims } = inputs[0]!;
  const lines = linesAlong(dims, normalizeAxes(node, intsAttr(node, "axes"), dims.length));
  const { pull } = normalized(numbersOf(inputs[0]), lines, true, {
    root: (q) => Math.sqrt(q) + 1e-9,
    slope: (q) => (q === 0 ? 0 : 0.5 / Math.sqrt(q)),
  });
  return ([g], room) => [pull(g!, room)];
};

/** Where a line is 0, so is the output, and nothing passes. */
export const lpNormalization: GradientRule = ({ node, inputs }) => {
  const { dims } = inputs[0]!;
  const x = numbersOf(inputs[0]);
  const lines = linesAlong(dims, [normalizeAxis(node, intAttr(node, "axis"), dims.length)]);
  const { places, size } = lines;
  if (intAttr(node, "p") === 2) {
    const { pull } = normalized(x, lines, false, {
      root: (q) => Math.sqrt(q * size),
      slope: (q) => (0.5 * size) / Math.sqrt(q * size),
    });
    return ([g], room) => [pull(g!, room)];
  }
  const norms = sumsOf(lines, (i) => Math.abs(x[i]!));
  return ([g], room) => {
    const turns = sumsOf(lines, (i) => g![i]! * x[i]!);
    const result = room(x.length);
    for (let i = 0; i < x.length; i++) {
      const norm = norms[places[i]!]!;
      if (norm !== 0) result[i] = (g![i]! - (Math.sign(x[i]!) * turns[places[i]!]!) / norm) / norm;
    }
    return [result];
  };
};

function perGroup(context: GradientContext, groups: number): Pullback {
  const { dims } = context.inputs[0]!;
  const { inner } = around(dims, 1);
  const [batch, channels] = [dims[0]!, dims[1]!];
  const lines = linesOf(batch * groups, (channels / groups) * inner);
  const divisor = rootOf(floatAttr(context.node, "epsilon"));
  const unit = normalized(numbersOf(context.inputs[0]), lines, true, divisor);
  return scaledAndShifted(context, unit, () => (i) => Math.floor(i / inner) % channels);
}

/** From the axis on, all elements are one line. */
function trailingLines({ node, inputs }: GradientContext): Lines {
  const { dims } = inputs[0]!;
  const size = sizeOf(dims.slice(normalizeAxis(node, intAttr(node, "axis"), dims.length)));
  return linesOf(size === 0 ? 0 : sizeOf(dims) / size, size);
}

/** Where a scale or shift has the element for place i of the input. */
type Finder = (index: number) => (i: number) => number;

function broadcastOf({ inputs }: GradientContext): Finder {
  return (index) => {
    const places = broadcastPositions(inputs[index]!.dims, inputs[0]!.dims);
    return places ? (i) => places[i]! : (i) => i;
  };
}

/** Inputs 1 and 2, where there, scale and shift what was normalised. */
function scaledAndShifted({ inputs, wanted }: GradientContext, unit: Normalized, find: Finder): Pullback {
  const scale = numbersOf(inputs[1]);
  const scaleAt = find(1);
  const shiftAt = inputs[2] ? find(2) : null;
  return ([g], room) => {
    const [dScale, dShift] = [1, 2].map((k) => (wanted[k] ? room(inputs[k]!.data.length) : null));
    for (let i = 0; i < g!.length; i++) {
      if (dScale) dScale[scaleAt(i)]! += g![i]! * unit.y[i]!;
      if (dShift) dShift[shiftAt!(i)]! += g![i]!;
    }
    const inner = wanted[0] ? g!.map((gi, i) => gi * scale[scaleAt(i)]!) : null;
    return [inner && unit.pull(inner, room), dScale ?? null, dShift ?? null].slice(0, inputs.length);
  };
}
