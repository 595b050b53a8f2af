// What is counted for one neuron, and how one component adds to it.
import { type Activation, type LowFormatStatistics, type NeuronStatistics } from "@mpplan/ir";
import type { SiteMeasurement } from "@mpplan/runtime";
import { ExactAdder } from "./exact-sum.js";
import { LogCounter } from "./log-histogram.js";

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
  private readonly low: LowCounter[];

  constructor(
    private readonly activation: Activation,
    private readonly kappaActivation: Activation,
    lowFormats: number,
  ) {
    this.low = Array.from({ length: lowFormats }, () => new LowCounter());
  }

  add(m: SiteMeasurement, i: number): void {
    const v = m.v[i]!;
    const magnitude = m.magnitude[i]!;
    this.count++;
    // A is at least |v|. Written so that NaN is left out too.
    if (!(magnitude <= largest) || Number.isNaN(v)) {
      this.nonFinite++;
      return;
    }
    const slope = this.activation.derivative(v);
    if (slope === 0) this.dead++;
    const kappaV = ratio(magnitude, Math.abs(v));
    this.kappaV.add(kappaV);
    this.kappaPhiKappaV.add(times(this.activation.kappa(v), kappaV));
    this.kappaPrime.add(ratio(this.kappaActivation.kappa(v), Math.abs(v)));
    this.v.add(v);
    this.vSquared.add(v * v);
    this.magnitude.add(magnitude);
    this.magnitudeSquared.add(magnitude * magnitude);
    this.magnitudeSlopeSquared.add((magnitude * slope) ** 2);
    const value = this.activation.value(v);
    this.low.forEach((counter, f) => {
      const low = m.low[f]!;
      const error = this.activation.value(low.value[i]!) - value;
      counter.add(error, slope, low.peak[i]!, low.clipped[i]!, low.partialSquared[i]!, low.ulpSquared[i]!);
    });
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
      low: this.low.map((counter) => counter.toJSON()),
    };
  }
}

class LowCounter {
  private peak = 0;
  private clipped = 0;
  private readonly errorSquared = new ExactAdder();
  private readonly partialSquared = new ExactAdder();
  private readonly ulpSquared = new ExactAdder();

  add(
    error: number,
    slope: number,
    peak: number,
    clipped: number,
    partialSquared: number,
    ulpSquared: number,
  ): void {
    // A sum that overflowed has no error worth adding up; it is counted as clipped.
    if (Number.isFinite(peak)) this.peak = Math.max(this.peak, peak);
    this.clipped += clipped;
    const terms = [error * error, partialSquared * slope * slope, ulpSquared * slope * slope];
    if (!terms.every((x) => x <= largestSquare)) return;
    this.errorSquared.add(terms[0]!);
    this.partialSquared.add(terms[1]!);
    this.ulpSquared.add(terms[2]!);
  }

  toJSON(): LowFormatStatistics {
    return {
      peak: this.peak,
      clipped: this.clipped,
      errorSquared: this.errorSquared.expansion(),
      partialSquared: this.partialSquared.expansion(),
      ulpSquared: this.ulpSquared.expansion(),
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
    low: a.low.map((low, f) => ({
      peak: Math.max(low.peak, b.low[f]!.peak),
      clipped: low.clipped + b.low[f]!.clipped,
      errorSquared: mergeSums(low.errorSquared, b.low[f]!.errorSquared),
      partialSquared: mergeSums(low.partialSquared, b.low[f]!.partialSquared),
      ulpSquared: mergeSums(low.ulpSquared, b.low[f]!.ulpSquared),
    })),
  };
}

function mergeSums(a: readonly number[], b: readonly number[]): number[] {
  const sum = new ExactAdder([...a]);
  sum.addAll([...b]);
  return sum.expansion();
}
