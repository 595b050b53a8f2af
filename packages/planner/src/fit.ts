// Finds the thresholds at which dynamic rules reach given costs. The profile guesses, simulation on tune samples
// decides: v_low lies on a coarse grid, so a rule's cost moves in steps, and the step below the target is taken.
import { formatNamed } from "@mpplan/formats";
import { resultFormat, type Plan, type Profile } from "@mpplan/ir";
import { PlannerError } from "./errors.js";
import { dynamicPlan, type PlanOptions } from "./plans.js";
import { expectedFraction, type Rule } from "./rules/rule.js";

export interface FitRequest {
  readonly rule: Rule;
  /** The share of multiply-accumulates to recompute: the target cost less what the rule costs anyway. */
  readonly fraction: number;
  /** How far the profile is known to be off here: its expectation less what simulation shows; default: 0. */
  readonly excess?: number;
}

/** What a simulation shows of a plan, at the least. */
export interface SeenFraction {
  readonly fractionHigh: number;
}

export interface Fitted<R extends SeenFraction = SeenFraction> {
  readonly request: FitRequest;
  readonly threshold: number;
  readonly plan: Plan;
  /** The share that the tune samples showed; NaN where every threshold recomputes more than was asked for. */
  readonly fraction: number;
  /** True where no threshold recomputes more: the rule has nothing left to recompute, whatever the target. */
  readonly saturated: boolean;
  /** The profile's expectation less what simulation showed. */
  readonly excess: number;
  /** What simulation showed of this very plan; null where it was not simulated. */
  readonly seen: R | null;
}

/** Runs plans on the tune samples and says which share of multiply-accumulates each did in high precision. */
export type Simulate<R extends SeenFraction = SeenFraction> = (
  plans: readonly Plan[],
) => Promise<readonly R[]>;

/** What the profile expects of rules, worked out once and kept from fit to fit: for one profile and ladder. */
export type RuleCurves = Map<Rule, Curve>;

const rounds = 8;
const tolerance = 0.002;
/** Octaves that one measurement may move a search. */
const widest = 4;

/**
 * Fits all requests together, so that their simulations share work. The result never exceeds its target on tune,
 * except where the rule recomputes more at every threshold (v = 0 is always recomputed): then `fraction` is NaN.
 *
 * @throws PlannerError `wrong-budget` for a negative fraction: the rule costs more than the budget anyway.
 */
export async function fitThresholds<R extends SeenFraction>(
  profile: Profile,
  requests: readonly FitRequest[],
  options: PlanOptions,
  simulate: Simulate<R>,
  curves: RuleCurves = new Map(),
): Promise<Fitted<R>[]> {
  const searches = requests.map((request) => {
    const { rule, fraction } = request;
    if (!(fraction >= 0)) {
      throw new PlannerError("wrong-budget", {
        what: `The rule "${rule.name}" costs more than the budget before it recomputes anything`,
        where: "the budget",
        next: "allow a larger cost, or take a static policy",
      });
    }
    let curve = curves.get(rule);
    if (!curve) curves.set(rule, (curve = new Curve(rule, profile, finestStep(rule, options))));
    return new Search<R>(curve, request);
  });
  for (let round = 0; round < rounds; round++) {
    const open = searches.filter((search) => !search.settled);
    if (open.length === 0) break;
    const plans = open.map((search) => dynamicPlan(profile, search.request.rule, search.threshold, options));
    const results = await simulate(plans);
    open.forEach((search, i) => search.learn(results[i]!));
  }
  return searches.map((search) => {
    const { threshold, fraction, excess, seen } = search.best();
    return {
      request: search.request,
      threshold,
      fraction,
      excess,
      seen,
      saturated: search.saturated,
      plan: dynamicPlan(profile, search.request.rule, threshold, options),
    };
  });
}

/**
 * What the profile expects of a rule, over a dial x on which more is recomputed as x grows: -log2 of a tau or a
 * score, then log2 of a score below zero; or the share itself.
 */
class Curve {
  readonly least: number;
  readonly most: number;
  /** The first step of a search that the profile has misled. */
  readonly stride: number;
  private readonly known = new Map<number, number>();

  constructor(
    private readonly rule: Rule,
    private readonly profile: Profile,
    readonly finest: number,
  ) {
    const isShare = rule.threshold === "share";
    this.least = isShare ? 0 : -octaves;
    // Scores go on below zero, as far again.
    this.most = isShare ? 1 : rule.threshold === "score" ? 3 * octaves : octaves;
    this.stride = isShare ? 0.1 : 1;
  }

  threshold(x: number): number {
    if (this.rule.threshold === "share") return x;
    return x <= octaves ? 2 ** -x : -(2 ** (x - 2 * octaves));
  }

  expected(x: number): number {
    let fraction = this.known.get(x);
    if (fraction === undefined) {
      fraction = expectedFraction(this.rule, this.profile, this.threshold(x));
      this.known.set(x, fraction);
    }
    return fraction;
  }

  /** Where the profile expects that fraction: `most` where it expects less everywhere. */
  inverse(fraction: number): number {
    let [low, high] = [this.least, this.most];
    if (this.expected(high) <= fraction) return high;
    // Halving a range of 120 or 240 octaves this often leaves 2^-13 of one at most; the first halves are shared by all requests.
    for (let i = 0; i < 21; i++) {
      const middle = (low + high) / 2;
      if (this.expected(middle) > fraction) high = middle;
      else low = middle;
    }
    return low;
  }
}

/** Beyond 2^60 either way lies nothing that a format of fewer than 64 bits usually holds. */
const octaves = 60;

interface Point {
  readonly x: number;
  readonly fraction: number;
}

interface Best<R> {
  readonly threshold: number;
  readonly fraction: number;
  readonly excess: number;
  readonly seen: R | null;
}

/** Follows the profile's curve, corrected by what was measured; halves the bracket where that does not help. */
class Search<R extends SeenFraction> {
  /** The largest x known to keep the target, and the smallest known to exceed it. */
  private under: Point | null = null;
  private over: Point | null = null;
  /** The point that keeps the target and recomputes most. */
  private chosen: (Point & { readonly seen: R }) | null = null;
  private last: Point | null = null;
  private tries = 0;
  private x: number;
  settled = false;
  saturated = false;

  constructor(
    private readonly curve: Curve,
    readonly request: FitRequest,
  ) {
    this.x = curve.inverse(Math.max(0, this.aim + (request.excess ?? 0)));
  }

  get threshold(): number {
    return this.curve.threshold(this.x);
  }

  learn(seen: R): void {
    const { curve, x } = this;
    const fraction = seen.fractionHigh;
    const target = this.request.fraction;
    const before = this.under;
    if (fraction <= target) {
      if (!this.chosen || fraction > this.chosen.fraction) this.chosen = { x, fraction, seen };
      if (!before || x > before.x) this.under = { x, fraction };
      this.saturated = x === curve.most;
      this.settled = this.saturated || target - fraction <= tolerance;
    } else {
      if (!this.over || x < this.over.x) this.over = { x, fraction };
      this.settled = x === curve.least;
    }
    if (this.settled) return;
    this.tries++;
    this.x = this.next({ x, fraction }, before !== null && before.fraction === fraction);
    this.last = { x, fraction };
    const width = (this.over?.x ?? Infinity) - (this.under?.x ?? -Infinity);
    if (width <= curve.finest) this.settled = true;
  }

  best(): Best<R> {
    const { chosen, curve } = this;
    if (chosen) {
      const { x, fraction, seen } = chosen;
      return { threshold: curve.threshold(x), fraction, excess: curve.expected(x) - fraction, seen };
    }
    // Nothing at or below the target was found: recompute as little as the rule can.
    return this.request.rule.threshold === "share"
      ? { threshold: 0, fraction: 0, excess: 0, seen: null }
      : { threshold: Number.MAX_VALUE, fraction: NaN, excess: 0, seen: null };
  }

  /** Half a tolerance below the target, so that landing near is landing right. */
  private get aim(): number {
    return Math.max(0, this.request.fraction - tolerance / 2);
  }

  private next(now: Point, unchanged: boolean): number {
    const { curve, under, over } = this;
    const corrected = this.corrected(now);
    if (under && over) {
      if (this.tries < 3 && corrected > under.x && corrected < over.x) return corrected;
      // Smooth curves are met by a chord, steps by halving: each in turn.
      const chord = (this.aim - under.fraction) / (over.fraction - under.fraction);
      const part = this.tries % 2 === 1 ? Math.min(0.98, Math.max(0.02, chord)) : 0.5;
      return under.x + part * (over.x - under.x);
    }
    // Only one side is known. Where the fraction has stopped moving, the end of the dial tells whether there is more.
    const far = this.tries >= 4 || unchanged;
    // A correction is believed twice; then, or where there is none, the search strides out.
    const least = this.tries <= 2 ? curve.finest : curve.stride;
    const step = (wanted: number): number => Math.max(least, Number.isNaN(wanted) ? curve.stride : wanted);
    return under
      ? Math.min(curve.most, far ? curve.most : under.x + step(corrected - under.x))
      : Math.max(curve.least, far ? curve.least : over!.x - step(over!.x - corrected));
  }

  /** Where the target lies if what is measured is a line over what the profile expects; NaN where none can be drawn. */
  private corrected(now: Point): number {
    const { curve, last, aim } = this;
    const expected = curve.expected(now.x);
    if (last) {
      const slope = (now.fraction - last.fraction) / (expected - curve.expected(last.x));
      return slope > 0 ? curve.inverse(Math.max(0, expected + (aim - now.fraction) / slope)) : NaN;
    }
    // One point: shares scale, and curves over tau move sideways.
    return this.request.rule.threshold === "share"
      ? curve.inverse((expected * aim) / now.fraction)
      : now.x + Math.max(-widest, Math.min(widest, curve.inverse(aim) - curve.inverse(now.fraction)));
  }
}

/** Below this step nothing happens: kappa_phi/|v| takes one value per value of v, which lie 2^-p apart at least. */
function finestStep(rule: Rule, { accumulators }: PlanOptions): number {
  if (rule.threshold === "share") return tolerance / 4;
  const fine = 0.006;
  if (rule.needsMagnitude) return fine;
  const { precision } = formatNamed(resultFormat(accumulators[0]!));
  return Math.max(fine, Math.log2(1 + 2 ** -precision));
}
