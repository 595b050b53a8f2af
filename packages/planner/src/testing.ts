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
  /** Per measured low accumulator, components that clipped. */
  readonly clipped?: readonly number[];
}

export function neuronOf(facts: NeuronFacts, lowFormats = 1): NeuronStatistics {
  const { first = 0, counts = [100], zeros = 0, infinite = 0, magnitude = 1, dead = 0, clipped = [] } = facts;
  const count = counts.reduce((a, b) => a + b, 0) + zeros + infinite;
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
    low: Array.from({ length: lowFormats }, (_, f) => ({
      peak: 10 * (f + 1),
      clipped: clipped[f] ?? 0,
      errorSquared: [],
      partialSquared: [],
      ulpSquared: [],
    })),
  };
}

export function siteOf(site: string, length: number, neurons: NeuronStatistics[], pixels = 1): SiteProfile {
  return {
    site,
    op: "Gemm",
    length,
    macs: length * neurons.length * pixels,
    activation: "relu",
    kappaActivation: "relu",
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
    accumulators: accumulators.slice(0, -1),
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
            clipped: [[], [], [], [], [3], [5, 1]][draw(6)]!,
          },
          accumulators.length - 1,
        ),
      ),
      pixels,
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
