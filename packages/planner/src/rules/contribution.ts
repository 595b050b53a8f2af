// The absolute error that a component is likely to bring to the outputs: |v| phi'(v), told from the low value, times
// the neuron's calibrated sensitivity. The source paper's information at run time, in the opposite order.
import { scoreBin, scoreEdge, type NeuronStatistics, type ScoreCurve, type SiteProfile } from "@mpplan/ir";
import { sensitivityOf } from "../estimate.js";
import type { Rule } from "./rule.js";

/**
 * A neuron's own threshold on its score. Above zero theta/s_h: what counts is the score times s_h. Below zero, where
 * all live components are recomputed and dead ones follow by their distance from life, theta times the RMS of the
 * neuron's v times s_h against the site's mean: who matters more is trusted less.
 */
export function thresholdsOf(site: SiteProfile, theta: number): number[] {
  const s = site.neurons.map(sensitivityOf);
  const mean = Math.sqrt(s.reduce((sum, x) => sum + x * x, 0) / Math.max(1, s.length));
  return s.map((x, n) => {
    // Nothing that this neuron does reaches the outputs; JSON has no Infinity.
    if (x === 0) return Number.MAX_VALUE;
    return theta > 0 ? Math.min(theta / x, Number.MAX_VALUE) : (theta * rmsOfV(site.neurons[n]!) * x) / mean;
  });
}

/**
 * Before a softmax a logit's error counts by p (1 - p), which is the same for no two rows: the row decides, and theta
 * becomes what its kept logits may add up to. A logit's mean sensitivity holds p (1 - p) at 1/4 at most, so that
 * theta/(4 s_h |v|) is in the units of p (1 - p).
 */
function softmaxTolerance(site: SiteProfile, theta: number): number {
  const neurons = Math.max(1, site.neurons.length);
  const mean = (of: (neuron: NeuronStatistics) => number): number =>
    Math.sqrt(site.neurons.reduce((sum, neuron) => sum + of(neuron) ** 2, 0) / neurons);
  const unit = 4 * mean(sensitivityOf) * mean(rmsOfV);
  return theta <= 0 ? 0 : unit === 0 ? Number.MAX_VALUE : Math.min(theta / unit, Number.MAX_VALUE);
}

function rmsOfV({ vSquared, count }: NeuronStatistics): number {
  return count === 0 ? 0 : Math.sqrt((vSquared[0] ?? 0) / count);
}

export const contribution: Rule = {
  name: "contribution",
  about:
    "recompute where |v| phi'(v) s_h > theta: v the low-precision value, s_h the calibrated sensitivity of the outputs to the neuron",
  needsMagnitude: false,
  threshold: "score",
  test: (site, theta) =>
    site.softmaxScale === undefined
      ? { rule: "contribution", activation: site.activation, thresholds: thresholdsOf(site, theta) }
      : { rule: "softmax", tau: softmaxTolerance(site, theta), scale: site.softmaxScale },
  expectedShare(site, theta) {
    const thresholds = thresholdsOf(site, theta);
    let above = 0;
    let count = 0;
    site.neurons.forEach((neuron, n) => {
      above += countAbove(neuron, thresholds[n]!);
      count += neuron.count;
    });
    return count === 0 ? 0 : above / count;
  },
  because: (_site, theta) =>
    theta > 0
      ? `recomputed where |v| phi'(v) times the neuron's sensitivity exceeds ${round(theta)}`
      : `recomputed where phi' is not 0, and beyond that within ${round(-theta)} of a neuron's usual |v| from there`,
};

/** How many components score above a threshold, interpolated inside its bin. */
function countAbove({ curves }: NeuronStatistics, threshold: number): number {
  const curve = curves[0];
  if (!curve) return 0;
  const { bins, counts } = curve;
  const above = countsAbove(curve);
  const at = scoreBin(threshold);
  // The first bin that reaches above the threshold.
  let first = 0;
  for (let end = bins.length; first < end;) {
    const middle = (first + end) >> 1;
    if (bins[middle]! < at) first = middle + 1;
    else end = middle;
  }
  if (bins[first] !== at) return above[first]!;
  const [low, high] = [scoreEdge(at - 1), scoreEdge(at)];
  const share = Math.min(1, Math.max(0, (high - threshold) / (high - low)));
  return above[first + 1]! + share * counts[first]!;
}

/** Of each place in a curve, how many components lie there or beyond: asked for threshold after threshold. */
const beyond = new WeakMap<ScoreCurve, readonly number[]>();

function countsAbove(curve: ScoreCurve): readonly number[] {
  let known = beyond.get(curve);
  if (!known) {
    const sums = [0];
    for (const count of [...curve.counts].reverse()) sums.push(sums.at(-1)! + count);
    beyond.set(curve, (known = sums.reverse()));
  }
  return known;
}

function round(x: number): number {
  return Number(x.toPrecision(3));
}
