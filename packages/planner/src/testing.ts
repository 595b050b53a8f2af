// For tests only: profiles made up from a few numbers per neuron.
import { seededRandom } from "@mpplan/formats";
import {
  presetNamed,
  type Accumulator,
  type LogHistogram,
  type NeuronStatistics,
  type Plan,
  type Profile,
  type SiteProfile,
} from "@mpplan/ir";
import type { PlanOptions } from "./plans.js";

const { low, high } = presetNamed("e4m3-f16");
const lowHigh: readonly Accumulator[] = [low, high];

export const tool = { name: "mpplan", version: "0.0.0" };

/** ieee-e4m3, bfloat16, binary32: a ladder of three. */
export const ladder: readonly Accumulator[] = [
  lowHigh[0]!,
  { ...lowHigh[0]!, format: "bfloat16" },
  { ...lowHigh[0]!, format: "binary32" },
];

export function optionsFor(
  accumulators: readonly Accumulator[] = lowHigh,
  rest: Partial<PlanOptions> = {},
): PlanOptions {
  return { accumulators, seed: 1, preset: "test", tool, ...rest };
}

export interface NeuronFacts {
  /** The bins of log2 of its condition numbers: counts from bin `first` on. */
  readonly first?: number;
  readonly counts?: readonly number[];
  readonly zeros?: number;
  readonly infinite?: number;
  readonly magnitude?: number;
  /** Share of components whose activation is dead. */
  readonly dead?: number;
  /** Per measured accumulator, components that clipped. */
  readonly clipped?: readonly number[];
  readonly sensitivity?: number;
  /** Weighted squared error of a component on the lowest rung; each rung above has a 256th of it. */
  readonly error?: number;
  /** How components spread over ten bins of the score, from low to high: shares that add up to 1. */
  readonly scores?: readonly number[];
}

export function neuronOf(facts: NeuronFacts, rungs = 2): NeuronStatistics {
  const { first = 0, counts = [100], zeros = 0, infinite = 0, magnitude = 1, dead = 0, clipped = [] } = facts;
  const { sensitivity = 1, error = 1, scores = [0.5, 0.3, 0.2] } = facts;
  const errorOf = (rung: number): number => error / 256 ** rung;
  const count = counts.reduce((a, b) => a + b, 0) + zeros + infinite;
  const rest = scores.slice(1).reduce((total, share) => total + Math.max(1, Math.floor(share * count)), 0);
  const h: LogHistogram = { first, counts: [...counts], zeros, infinite, nan: 0 };
  return {
    count,
    dead: Math.round(dead * count),
    nonFinite: 0,
    kappaV: h,
    kappaPhiKappaV: h,
    kappaPrime: h,
    v: [1],
    vSquared: [1],
    magnitude: [magnitude * count],
    magnitudeSquared: [magnitude ** 2 * count],
    magnitudeSlopeSquared: [magnitude ** 2 * count * (1 - dead)],
    sensitivitySquared: [sensitivity ** 2 * count],
    rungs: Array.from({ length: rungs }, (_, r) => ({
      peak: 10 * (r + 1),
      clipped: clipped[r] ?? 0,
      errorSquared: [],
      partialSquared: [],
      ulpSquared: [],
      errorSensitivity: sum(errorOf(r) * count),
      partialSensitivity: sum(errorOf(r) * count),
      ulpSensitivity: sum(12 * errorOf(r) * count),
      smoothSensitivity: sum(errorOf(r) * count),
    })),
    curves: Array.from({ length: rungs - 1 }, (_, r) => ({
      bins: scores.map((_, i) => 60 + i),
      counts: scores.map((share, i) => Math.max(1, i === 0 ? count - rest : Math.floor(share * count))),
      measured: Array.from({ length: rungs - r }, (_, q) =>
        scores.map((s) => sum(errorOf(r + q) * s * count)),
      ),
      smooth: Array.from({ length: rungs - r }, (_, q) => scores.map((s) => sum(errorOf(r + q) * s * count))),
    })),
  };
}

const sum = (x: number): number[] => (x === 0 ? [] : [x]);

export function siteOf(
  site: string,
  length: number,
  neurons: NeuronStatistics[],
  pixels = 1,
  accumulators: readonly Accumulator[] = lowHigh,
): SiteProfile {
  return {
    site,
    op: "Gemm",
    length,
    macs: length * neurons.length * pixels,
    activation: "relu",
    kappaActivation: "relu",
    accumulators: [...accumulators],
    neurons,
  };
}

export function profileOf(sites: SiteProfile[], accumulators: readonly Accumulator[] = lowHigh): Profile {
  return {
    kind: "mpplan-profile",
    version: 1,
    tool,
    model: { name: "made up", digest: "sha256:00" },
    data: { digest: "sum256:1", samples: 100, random: false },
    operands: { weights: null, activations: null },
    accumulators: [...accumulators],
    sensitivities: "exact",
    sites,
  };
}

/** Three sites of unlike sizes, their neurons' numbers drawn from a seed. */
export function randomProfile(seed: number, accumulators: readonly Accumulator[] = lowHigh): Profile {
  const random = seededRandom(seed);
  const draw = (below: number): number => Math.floor((random() / 2 ** 24) * below);
  const site = (name: string, length: number, count: number, pixels: number): SiteProfile =>
    siteOf(
      name,
      length,
      Array.from({ length: count }, () =>
        neuronOf(
          {
            first: draw(80) - 40,
            counts: Array.from({ length: 1 + draw(20) }, () => 1 + draw(9)),
            zeros: draw(3),
            infinite: draw(3),
            magnitude: 2 ** (draw(80) / 10),
            dead: draw(4) === 0 ? 1 : draw(10) / 10,
            // Who clips on a rung clips on those below.
            clipped: [[], [], [], [], [3], accumulators.length > 2 ? [5, 1] : [5]][draw(6)]!,
            sensitivity: draw(100) / 10,
            error: 2 ** -draw(20),
          },
          accumulators.length,
        ),
      ),
      pixels,
      accumulators,
    );
  return profileOf([site("conv", 18, 6, 16), site("fc1", 96, 20, 1), site("fc2", 20, 10, 1)], accumulators);
}

/** The rung that every neuron is on, site by site. */
export function rungsOf(plan: Plan): number[][] {
  return plan.decisions.map(({ ranges }) =>
    ranges.flatMap(({ start, end, choice }) =>
      new Array<number>(end - start).fill(choice.mode === "static" ? choice.use : NaN),
    ),
  );
}
