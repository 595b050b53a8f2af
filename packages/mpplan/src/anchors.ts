// What a contest learns at some fixed costs, the anchors, tells it where to start at any cost between them: how far
// the profile is off there, and which kinds of plan win. Anchors do not depend on what was asked before, so neither does
// a plan.
import { PlannerError } from "@mpplan/planner";
import { bestOf, contendersAt, lossOf, type Contender, type Contest, type Kind } from "./contest.js";

/** Costs between anchors. */
const step = 1 / 16;

/** Makes the best plan of one cost after another. */
export interface AnchoredContest {
  /** @throws PlannerError `wrong-budget` where no plan keeps the cost. */
  bestAt(cost: number): Promise<Contender>;
}

export function anchored(contest: Contest): AnchoredContest {
  const known = new Map<number, Promise<Anchor>>();
  const anchor = (cost: number): Promise<Anchor> => {
    let found = known.get(cost);
    if (!found) known.set(cost, (found = anchorAt(contest, cost)));
    return found;
  };
  return {
    async bestAt(cost) {
      const place = Math.min(cost, 1) / step;
      const [low, high] = [Math.floor(place) * step, Math.ceil(place) * step];
      const [below, above] = [await anchor(low), await anchor(high)];
      // At an anchor, and where one of the two could not be kept, there is nothing to learn.
      if (low === high && below.size > 0) return bestOf([...below.values()]);
      if (below.size === 0 || above.size === 0) return bestOf(await contendersAt(contest, cost));
      const part = (cost - low) / step;
      // Errors fall smoothly with cost: what wins on neither side does not win between them.
      const worth = new Set([...winners(below), ...winners(above)]);
      const excess: Partial<Record<Kind, number>> = {};
      for (const kind of worth) {
        const [a, b] = [below.get(kind), above.get(kind)];
        if (a && b) excess[kind] = a.excess + part * (b.excess - a.excess);
      }
      return bestOf(await contendersAt(contest, cost, { kinds: [...worth], excess }));
    },
  };
}

type Anchor = ReadonlyMap<Kind, Contender>;

function winners(anchor: Anchor): Kind[] {
  const contenders = [...anchor.values()];
  const least = lossOf(bestOf(contenders));
  return contenders.filter((one) => lossOf(one) === least).map(({ kind }) => kind);
}

/** Every contender at that cost; none where the cost cannot be kept. */
async function anchorAt(contest: Contest, cost: number): Promise<Anchor> {
  try {
    return new Map((await contendersAt(contest, cost)).map((contender) => [contender.kind, contender]));
  } catch (error) {
    if (!(error instanceof PlannerError && error.code === "wrong-budget")) throw error;
    return new Map();
  }
}
