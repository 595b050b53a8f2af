// What is counted for one neuron, and how one component adds to it.
import { type Activation, type NeuronStatistics, type RungStatistics } from "@mpplan/ir";
import type { SiteMeasurement } from "@mpplan/runtime";
import { ExactAdder, mergeSums } from "./exact-sum.js";
import { LogCounter } from "./log-histogram.js";
import { ScoreCounter } from "./score-counter.js";

/** Squares up to this size, and sums of 2^23 of them, stay finite. */
const largest = 2 ** 500;
const largestSquare = 2 ** 1000;

export class NeuronCounter {
  private count = 0;
  private dead = 0;
  private nonFinite = 0;
  private readonly kappaV = new LogCounter();
  private readonly kappaPhiKappaV = new LogCounter();
  private readonly kappaPrime = new LogCounter();
  private readonly v = new ExactAdder();
  private readonly vSquared = new ExactAdder();
  private readonly magnitude = new ExactAdder();
  private readonly magnitudeSquared = new ExactAdder();
  private readonly magnitudeSlopeSquared = new ExactAdder();
  private readonly sensitivitySquared = new ExactAdder();
  private readonly rungs: RungCounter[];
  private readonly curves: ScoreCounter[];
  private readonly measured: Float64Array;
  private readonly smooth: Float64Array;

  constructor(
    private readonly activation: Activation,
    private readonly kappaActivation: Activation,
    rungs: number,
  ) {
    this.rungs = Array.from({ length: rungs }, () => new RungCounter());
    this.curves = Array.from({ length: rungs - 1 }, (_, r) => new ScoreCounter(rungs - r));
    this.measured = new Float64Array(rungs);
    this.smooth = new Float64Array(rungs);
  }

  /** Adds component `i`; `weight` is its |S|^2. */
  add(m: SiteMeasurement, i: number, weight: number): void {
    const v = m.v[i]!;
    const magnitude = m.magnitude[i]!;
    this.count++;
    // A is at least |v|. Written so that NaN is left out too.
    if (!(magnitude <= largest && weight <= largest) || Number.isNaN(v)) {
      this.nonFinite++;
      return;
    }
    const { activation } = this;
    const slope = activation.derivative(v);
    if (slope === 0) this.dead++;
    const kappaV = ratio(magnitude, Math.abs(v));
    this.kappaV.add(kappaV);
    this.kappaPhiKappaV.add(times(activation.kappa(v), kappaV));
    this.kappaPrime.add(ratio(this.kappaActivation.kappa(v), Math.abs(v)));
    this.v.add(v);
    this.vSquared.add(v * v);
    this.magnitude.add(magnitude);
    this.magnitudeSquared.add(magnitude * magnitude);
    this.magnitudeSlopeSquared.add((magnitude * slope) ** 2);
    this.sensitivitySquared.add(weight);
    const value = activation.value(v);
    this.rungs.forEach((counter, r) => {
      const low = m.low[r]!;
      const error = activation.value(low.value[i]!) - value;
      counter.range(low.peak[i]!, low.clipped[i]!);
      const smooth = activation.noise(v, low.ulpSquared[i]! / 12);
      counter.add(error, slope, low.partialSquared[i]!, low.ulpSquared[i]!, smooth, weight);
      this.measured[r] = error * error * weight;
      this.smooth[r] = smooth * weight;
    });
    this.curves.forEach((curve, r) =>
      curve.add(activation.score(m.low[r]!.value[i]!), this.measured.subarray(r), this.smooth.subarray(r)),
    );
  }

  toJSON(): NeuronStatistics {
    return {
      count: this.count,
      dead: this.dead,
      nonFinite: this.nonFinite,
      kappaV: this.kappaV.toJSON(),
      kappaPhiKappaV: this.kappaPhiKappaV.toJSON(),
      kappaPrime: this.kappaPrime.toJSON(),
      v: this.v.expansion(),
      vSquared: this.vSquared.expansion(),
      magnitude: this.magnitude.expansion(),
      magnitudeSquared: this.magnitudeSquared.expansion(),
      magnitudeSlopeSquared: this.magnitudeSlopeSquared.expansion(),
      sensitivitySquared: this.sensitivitySquared.expansion(),
      rungs: this.rungs.map((counter) => counter.toJSON()),
      curves: this.curves.map((curve) => curve.toJSON()),
    };
  }
}

class RungCounter {
  private peak = 0;
  private clipped = 0;
  private readonly errorSquared = new ExactAdder();
  private readonly partialSquared = new ExactAdder();
  private readonly ulpSquared = new ExactAdder();
  private readonly errorSensitivity = new ExactAdder();
  private readonly partialSensitivity = new ExactAdder();
  private readonly ulpSensitivity = new ExactAdder();
  private readonly smoothSensitivity = new ExactAdder();

  range(peak: number, clipped: number): void {
    if (Number.isFinite(peak)) this.peak = Math.max(this.peak, peak);
    this.clipped += clipped;
  }

  add(
    error: number,
    slope: number,
    partialSquared: number,
    ulpSquared: number,
    smooth: number,
    weight: number,
  ): void {
    const e2 = error * error;
    const q = partialSquared * slope * slope;
    const u2 = ulpSquared * slope * slope;
    // A sum that overflowed has no error worth adding up; it is counted as clipped.
    if (!(Math.max(e2, q, u2, smooth) * Math.max(weight, 1) <= largestSquare)) return;
    this.errorSquared.add(e2);
    this.partialSquared.add(q);
    this.ulpSquared.add(u2);
    if (weight === 0) return;
    this.errorSensitivity.add(e2 * weight);
    this.partialSensitivity.add(q * weight);
    this.ulpSensitivity.add(u2 * weight);
    this.smoothSensitivity.add(smooth * weight);
  }

  toJSON(): RungStatistics {
    return {
      peak: this.peak,
      clipped: this.clipped,
      errorSquared: this.errorSquared.expansion(),
      partialSquared: this.partialSquared.expansion(),
      ulpSquared: this.ulpSquared.expansion(),
      errorSensitivity: this.errorSensitivity.expansion(),
      partialSensitivity: this.partialSensitivity.expansion(),
      ulpSensitivity: this.ulpSensitivity.expansion(),
      smoothSensitivity: this.smoothSensitivity.expansion(),
    };
  }
}

/** a/b where 0/0, a dead component that is also zero, is as sensitive as can be: the rule recomputes it. */
function ratio(a: number, b: number): number {
  return b === 0 ? Infinity : a / b;
}

/** a b with 0 x Infinity = 0: a dead activation hides any condition number. */
function times(a: number, b: number): number {
  return a === 0 ? 0 : a * b;
}

/** The statistics of two disjoint sets of components. */
export function mergeNeurons(a: NeuronStatistics, b: NeuronStatistics): NeuronStatistics {
  const histogram = (key: "kappaV" | "kappaPhiKappaV" | "kappaPrime") => {
    const counter = LogCounter.from(a[key]);
    counter.merge(b[key]);
    return counter.toJSON();
  };
  return {
    count: a.count + b.count,
    dead: a.dead + b.dead,
    nonFinite: a.nonFinite + b.nonFinite,
    kappaV: histogram("kappaV"),
    kappaPhiKappaV: histogram("kappaPhiKappaV"),
    kappaPrime: histogram("kappaPrime"),
    v: mergeSums(a.v, b.v),
    vSquared: mergeSums(a.vSquared, b.vSquared),
    magnitude: mergeSums(a.magnitude, b.magnitude),
    magnitudeSquared: mergeSums(a.magnitudeSquared, b.magnitudeSquared),
    magnitudeSlopeSquared: mergeSums(a.magnitudeSlopeSquared, b.magnitudeSlopeSquared),
    sensitivitySquared: mergeSums(a.sensitivitySquared, b.sensitivitySquared),
    rungs: a.rungs.map((rung, r) => mergeRungs(rung, b.rungs[r]!)),
    curves: a.curves.map((curve, r) => {
      const counter = ScoreCounter.from(curve, a.rungs.length - r);
      counter.merge(b.curves[r]!);
      return counter.toJSON();
    }),
  };
}

function mergeRungs(a: RungStatistics, b: RungStatistics): RungStatistics {
  const sum = (key: Exclude<keyof RungStatistics, "peak" | "clipped">) => mergeSums(a[key], b[key]);
  return {
    peak: Math.max(a.peak, b.peak),
    clipped: a.clipped + b.clipped,
    errorSquared: sum("errorSquared"),
    partialSquared: sum("partialSquared"),
    ulpSquared: sum("ulpSquared"),
    errorSensitivity: sum("errorSensitivity"),
    partialSensitivity: sum("partialSensitivity"),
    ulpSensitivity: sum("ulpSensitivity"),
    smoothSensitivity: sum("smoothSensitivity"),
  };
}
