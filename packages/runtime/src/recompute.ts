// The run-time tests of dynamic choices: which components are computed again in high precision.
// Definitions only; every backend carries them out the same way.
import { seededRandom } from "@mpplan/formats";
import { activationNamed, type Activation, type RecomputeTest } from "@mpplan/ir";
import { RuntimeError } from "./errors.js";
import { chooseBySoftmax } from "./softmax-test.js";

/**
 * A test of one component at a time. `magnitude` is |W||h|+|b| in the low accumulator, NaN unless `needsMagnitude`;
 * `neuronInRange` counts the neurons from the start of the range in which the choice stands.
 */
export interface ComponentTest {
  readonly kind: "component";
  readonly needsMagnitude: boolean;
  recompute(low: number, magnitude: number, component: number, neuronInRange: number): boolean;
}

/** A test of whole rows of the output's last axis, see `chooseBySoftmax`. */
export interface RowTest {
  readonly kind: "row";
  readonly needsMagnitude: false;
  choose(values: ArrayLike<number>, last: number, members: Uint8Array, again: Uint8Array): void;
}

export type PreparedTest = ComponentTest | RowTest;

type RowRule = Extract<RecomputeTest, { rule: "softmax" }>;

/**
 * Prepares a test. `salt` differs from run to run, so that random tests choose anew for every sample, and
 * `component` numbers all the components of the network, so that no two of them share a draw.
 */
export function prepareTest(test: Exclude<RecomputeTest, RowRule>, salt: number): ComponentTest;
export function prepareTest(test: RecomputeTest, salt: number): PreparedTest;
export function prepareTest(test: RecomputeTest, salt: number): PreparedTest {
  switch (test.rule) {
    case "kappa": {
      // As the source paper's code does: keep iff kappa_phi/|v| <= tau. 0/0 is NaN, not <= tau: recomputed.
      const { kappa } = activation(test.activation);
      return {
        ...perComponent,
        recompute: (low) => !(kappa(low) / Math.abs(low) <= test.tau),
      };
    }
    case "kappa-full": {
      const { kappa } = activation(test.activation);
      return {
        kind: "component",
        needsMagnitude: true,
        recompute: (low, magnitude) => !((kappa(low) * magnitude) / Math.abs(low) <= test.tau),
      };
    }
    case "contribution": {
      const { score } = activation(test.activation);
      return {
        ...perComponent,
        recompute: (low, _magnitude, _component, neuronInRange) =>
          !(score(low) <= test.thresholds[neuronInRange]!),
      };
    }
    case "softmax":
      return {
        kind: "row",
        needsMagnitude: false,
        choose: (...row) => chooseBySoftmax(test, ...row),
      };
    case "random":
      return {
        ...perComponent,
        recompute: (_low, _magnitude, component) => draw(test.seed, salt, component) < test.share,
      };
    case "random-live": {
      const { derivative } = activation(test.activation);
      return {
        ...perComponent,
        recompute: (low, _magnitude, component) =>
          derivative(low) !== 0 && draw(test.seed, salt, component) < test.share,
      };
    }
    default:
      return test satisfies never;
  }
}

const perComponent = { kind: "component", needsMagnitude: false } as const;

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
