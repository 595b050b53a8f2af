// The run-time tests of dynamic choices: which components are computed again in high precision.
// Definitions only; every backend carries them out the same way.
import { seededRandom } from "@mpplan/formats";
import { activationNamed, type Activation, type RecomputeTest } from "@mpplan/ir";
import { RuntimeError } from "./errors.js";

/** A prepared test. `magnitude` is |W||h|+|b| in the low accumulator, NaN unless `needsMagnitude`. */
export interface PreparedTest {
  readonly needsMagnitude: boolean;
  recompute(low: number, magnitude: number, component: number): boolean;
}

/**
 * Prepares a test. `salt` differs from run to run, so that random tests choose anew for every sample, and
 * `component` numbers all the components of the network, so that no two of them share a draw.
 */
export function prepareTest(test: RecomputeTest, salt: number): PreparedTest {
  switch (test.rule) {
    case "kappa": {
      // As the source paper's code does: keep iff kappa_phi/|v| <= tau. 0/0 is NaN, not <= tau: recomputed.
      const { kappa } = activation(test.activation);
      return {
        needsMagnitude: false,
        recompute: (low) => !(kappa(low) / Math.abs(low) <= test.tau),
      };
    }
    case "kappa-full": {
      const { kappa } = activation(test.activation);
      return {
        needsMagnitude: true,
        recompute: (low, magnitude) => !((kappa(low) * magnitude) / Math.abs(low) <= test.tau),
      };
    }
    case "random":
      return {
        needsMagnitude: false,
        recompute: (_low, _magnitude, component) => draw(test.seed, salt, component) < test.share,
      };
    case "random-live": {
      const { derivative } = activation(test.activation);
      return {
        needsMagnitude: false,
        recompute: (low, _magnitude, component) =>
          derivative(low) !== 0 && draw(test.seed, salt, component) < test.share,
      };
    }
    default:
      return test satisfies never;
  }
}

function activation(name: string): Activation {
  const found = activationNamed(name);
  if (found) return found;
  throw new RuntimeError("wrong-plan", {
    what: `A run-time test names the activation "${name}", which does not exist`,
    where: "a dynamic choice of the plan",
    next: "make the plan again with this version of mpplan",
  });
}

/** A number in [0, 1) that depends on all three, and on nothing else. */
function draw(seed: number, salt: number, component: number): number {
  return (
    seededRandom(
      Math.imul(seed ^ Math.imul(salt, 0x85ebca6b), 0xc2b2ae35) ^ Math.imul(component, 0x9e3779b1),
    )() /
    2 ** 24
  );
}
