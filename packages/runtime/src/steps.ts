// Which kernel carries out each node, on which backend, and what is said where a plan could not be followed.
import {
  addsValues,
  bodiesOf,
  sumSites,
  valueOf,
  valueSumsOf,
  type Decision,
  type Graph,
  type Node,
  type Plan,
  type SiteId,
  type SumSite,
  type Tensor,
  type ValueSite,
} from "@mpplan/ir";
import type { Handle, Kernel, KernelBackend, KernelRequest } from "./backend.js";
import { decisionFor, valueDecisionFor } from "./check-request.js";
import { RuntimeError } from "./errors.js";
import { createReferenceBackend } from "./reference/backend.js";

export type Upload = (on: KernelBackend, constant: Tensor) => Handle;

export interface Step {
  readonly node: Node;
  /** The site whose sums a plan decides, null where none does. */
  readonly decided: SiteId | null;
  /** Why no plan decides over the values that the node adds up although there is one; null where it does. */
  readonly undecided: string | null;
  readonly kernel: Kernel;
  readonly on: KernelBackend;
  readonly substitution: string | null;
  /** The node's bodies, prepared. */
  readonly bodies: ReadonlyMap<Graph, readonly Step[]>;
}

export interface Means {
  readonly backend: KernelBackend;
  readonly fallback: KernelBackend | undefined;
  readonly upload: Upload;
  readonly maxRounds: number;
}

export interface Machine extends Means {
  readonly plan: Plan | null;
  /** By path of a node: why its sums of products are not planned. Empty without a plan. */
  readonly unplanned: ReadonlyMap<string, string>;
}

/** Room for the components of one node, however many samples a run has: two nodes share no random draw. */
const componentsPerNode = 2 ** 24;

/** Carries out decided value sums for backends that do not. */
const reference = createReferenceBackend();

/** The kernel of a node, and those of the nodes in its bodies, whose sums no plan speaks of. */
export function stepFor(
  machine: Machine,
  graph: Graph,
  node: Node,
  place: number,
  site: SumSite | null,
  decision: Decision | null,
  inBody = false,
): Step {
  const { plan, fallback } = machine;
  const bodies = new Map(
    bodiesOf(node).map(({ graph: body }) => {
      const sites = new Map(sumSites(body).map((each) => [each.node, each]));
      const steps = body.nodes.map((n, i) =>
        stepFor(machine, body, n, i, sites.get(n.id) ?? null, null, true),
      );
      return [body, steps] as const;
    }),
  );
  const request: KernelRequest = {
    node,
    site,
    decision,
    accumulators: plan?.accumulators ?? [],
    firstComponent: place * componentsPerNode,
    storage: plan ? "binary32" : "binary64",
    seed: plan?.seed ?? 0,
    semantics: plan?.semantics ?? "exact",
  };
  const backend = decision?.term === "value" && !machine.backend.decidesValues ? reference : machine.backend;
  const undecided = plan && !decision ? whyUndecided(graph, node, inBody) : null;
  const step = { node, decided: decision?.site ?? null, undecided, bodies };
  const kernel = backend.kernelFor(request);
  if (kernel.kind === "kernel") return { ...step, kernel, on: backend, substitution: null };
  const other = fallback?.kernelFor(request);
  if (fallback && other?.kind === "kernel") {
    const substitution = `${fallback.name} instead of ${backend.name}: ${kernel.reason}`;
    return { ...step, kernel: other, on: fallback, substitution };
  }
  throw new RuntimeError("unsupported-decision", {
    what: `The ${backend.name} backend cannot do this: ${kernel.reason}`,
    where: `node "${node.origin.name}" (${node.op})`,
    next: "allow a fallback backend, or choose other accumulators",
  });
}

/** What a plan decides over the sums of a node, be they of products or of values. */
export function decided(
  site: SumSite | null,
  values: ValueSite | undefined,
  decisions: ReadonlyMap<SiteId, Decision>,
  accumulators: number,
): Decision | null {
  if (values) return valueDecisionFor(values, decisions, accumulators);
  return site && decisionFor(site, decisions, accumulators);
}

/** What is said of a sum of values that no plan could speak of: never silence. */
function whyUndecided(graph: Graph, node: Node, inBody: boolean): string | null {
  if (!addsValues(graph, node)) return null;
  if (inBody) return "not planned, since it lies in a body";
  if (valueSumsOf(graph, node)) return "the plan does not speak of it";
  // Known sizes that give no site leave nothing to add up.
  const shape = valueOf(graph, node.inputs[0]!).type?.shape;
  if (shape?.every((dim) => typeof dim === "number")) return null;
  return "not planned, since its shape is not known before it runs";
}
