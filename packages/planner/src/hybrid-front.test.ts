import type { Choice, Plan } from "@mpplan/ir";
import { describe, expect, test } from "vitest";
import { hybridAt, hybridFront } from "./hybrid-front.js";
import { lowerHull, slope, type NeuronOption } from "./neuron-options.js";
import { PlannerError } from "./errors.js";
import { ladder, neuronOf, optionsFor, profileOf, randomProfile, siteOf } from "./testing.js";

const targets = [0.5, 0.55, 0.625, 0.75, 0.875, 1];

/** The choice and threshold of every neuron of every site. */
function choices(plan: Plan): { choice: Choice; threshold: number | null }[][] {
  return plan.decisions.map(({ ranges }) =>
    ranges.flatMap(({ start, end, choice }) =>
      Array.from({ length: end - start }, (_, i) => ({
        choice,
        threshold:
          choice.mode === "dynamic" && choice.test.rule === "contribution"
            ? choice.test.thresholds[i]!
            : null,
      })),
    ),
  );
}

describe("the lower hull", () => {
  const option = (cost: number, error: number): NeuronOption => ({
    choice: { kind: "static", use: 0 },
    cost,
    error,
  });

  test("keeps what some price per error would buy, cheapest first", () => {
    const hull = lowerHull([option(1, 0), option(0.5, 8), option(0.75, 5), option(0.6, 2), option(0.7, 9)]);
    expect(hull.map((o) => [o.cost, o.error])).toEqual([
      [0.5, 8],
      [0.6, 2],
      [1, 0],
    ]);
    expect(slope(hull[0]!, hull[1]!)).toBeGreaterThan(slope(hull[1]!, hull[2]!));
  });

  test("drops what costs more and errs as much, and the worse of equal costs", () => {
    expect(lowerHull([option(1, 3), option(2, 3), option(1, 2)])).toEqual([option(1, 2)]);
  });
});

describe.each([1, 2, 3])("hybrid plans of made-up profile %i", (seed) => {
  for (const accumulators of [undefined, ladder]) {
    const profile = randomProfile(seed, accumulators);
    const front = hybridFront(profile, optionsFor(accumulators));

    test(`decide every neuron and keep the expected cost, ${front.options.accumulators.length} rungs`, () => {
      for (const target of targets.filter((t) => t >= front.baseCost)) {
        const plan = hybridAt(front, target);
        plan.decisions.forEach((d, s) => {
          expect(d.ranges[0]!.start).toBe(0);
          expect(d.ranges.at(-1)!.end).toBe(profile.sites[s]!.neurons.length);
          d.ranges.slice(1).forEach((r, i) => expect(r.start).toBe(d.ranges[i]!.end));
        });
        expect(expectedCost(plan)).toBeLessThanOrEqual(target + 1e-9);
      }
    });

    test("spend what they may while a unit of cost still takes error away", () => {
      const errors = targets.filter((t) => t >= front.baseCost).map((t) => expectedError(hybridAt(front, t)));
      errors.slice(1).forEach((error, i) => expect(error).toBeLessThanOrEqual(errors[i]! * (1 + 1e-12)));
    });

    test("a rung on which a neuron clipped is no option while another is", () => {
      const all = choices(hybridAt(front, 1));
      profile.sites.forEach((site, s) =>
        site.neurons.forEach((neuron, n) => {
          const { choice } = all[s]![n]!;
          const used = choice.mode === "static" ? [choice.use] : [choice.low, choice.high];
          for (const rung of used) expect(neuron.rungs[rung]!.clipped).toBe(0);
        }),
      );
    });

    const relative = front.options.accumulators.map((_, r, all) => cost(r) / cost(all.length - 1));
    function cost(rung: number): number {
      return { "ieee-e4m3": 8, binary16: 16, bfloat16: 16, binary32: 32 }[
        front.options.accumulators[rung]!.format
      ]!;
    }

    function expectedCost(plan: Plan): number {
      return fold(plan, (n, choice, threshold, share) => {
        if (choice.mode === "static") return share * relative[choice.use]!;
        const curve = n.curves[choice.low]!;
        const above = curve.counts.filter((_, i) => edge(curve.bins[i]! - 1) >= threshold!);
        const again = above.reduce((a, b) => a + b, 0) / n.count;
        return share * (relative[choice.low]! + again * relative[choice.high]!);
      });
    }

    function expectedError(plan: Plan): number {
      return fold(plan, (n, choice, threshold) => {
        if (choice.mode === "static") return n.rungs[choice.use]!.errorSensitivity[0] ?? 0;
        const curve = n.curves[choice.low]!;
        return curve.bins.reduce((sum, bin, i) => {
          const q = edge(bin - 1) >= threshold! ? choice.high - choice.low : 0;
          return sum + (curve.measured[q]![i]![0] ?? 0);
        }, 0);
      });
    }

    type Neuron = (typeof profile.sites)[number]["neurons"][number];
    function fold(
      plan: Plan,
      of: (n: Neuron, choice: Choice, threshold: number | null, share: number) => number,
    ): number {
      const macs = profile.sites.reduce((sum, site) => sum + site.macs, 0);
      return choices(plan).reduce(
        (sum, site, s) =>
          sum +
          site.reduce((part, { choice, threshold }, n) => {
            const { neurons, macs: own } = profile.sites[s]!;
            return part + of(neurons[n]!, choice, threshold, own / neurons.length / macs);
          }, 0),
        0,
      );
    }
  }
});

/** The lower edges of the bins that `testing.ts` fills. */
function edge(bin: number): number {
  const place = bin - 1;
  return 2 ** (-16 + Math.floor(place / 4)) * (1 + (place % 4) / 4);
}

test("errors that sit in few high scores are recomputed there; errors everywhere are not", () => {
  const rare = neuronOf({ counts: [1000], error: 1, scores: [0.98, 0.01, 0.01] });
  // All of the rare neuron's error is in its top bins.
  rare.curves[0]!.measured[0] = [[], [500], [500]];
  rare.curves[0]!.smooth[0] = [[], [500], [500]];
  const profile = profileOf([siteOf("fc", 10, [rare, neuronOf({ counts: [1000], error: 1, scores: [1] })])]);
  const plan = hybridAt(hybridFront(profile, optionsFor()), 0.8);
  expect(choices(plan)[0]!.map(({ choice }) => choice.mode)).toEqual(["dynamic", "static"]);
  expect(plan.mode).toBe("hybrid");
  expect(plan.decisions[0]!.because).toContain("1 in ieee-e4m3, again in binary16");
});

test("static fronts hold no run-time test", () => {
  const front = hybridFront(randomProfile(5), optionsFor(), { dynamic: false });
  expect(hybridAt(front, 0.75).mode).toBe("static");
});

test("a budget below everyone's cheapest option is refused with what it takes", () => {
  const front = hybridFront(randomProfile(1), optionsFor());
  expect(() => hybridAt(front, 0.4)).toThrow(PlannerError);
});
