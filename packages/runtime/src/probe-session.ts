// Reference runs that stop at every sum to measure it.
import {
  sumSites,
  valueSites,
  type Graph,
  type Node,
  type SumSite,
  type Tensor,
  type ValueId,
} from "@mpplan/ir";
import type { Handle, Probe } from "./backend.js";
import { checkArrangement } from "./check-arrangement.js";
import type { ProbeSession, ProbedAccumulators, ProbedArrangement } from "./contract.js";
import { RuntimeError } from "./errors.js";
import { measureValues } from "./reference/backend.js";
import { createSession } from "./session.js";
import type { Means } from "./steps.js";

export async function createProbe(
  graph: Graph,
  accumulators: ProbedAccumulators,
  arrangement: ProbedArrangement | undefined,
  means: Means,
): Promise<ProbeSession> {
  const { backend, upload } = means;
  const session = createSession(graph, "reference", means);
  const sites = sumSites(graph);
  const probes = new Map<string, { site: SumSite; node: Node; probe: Probe }>();
  for (const site of sites) {
    const node = graph.nodes.find((n) => n.id === site.node)!;
    const some = typeof accumulators === "function" ? accumulators(site) : accumulators;
    const arranged = arrangement?.(site);
    if (arranged) checkArrangement(graph, site, arranged);
    const probe = backend.probeFor(node, site, some, arranged);
    if (probe.kind === "unsupported") {
      throw new RuntimeError("unsupported-decision", {
        what: `The ${backend.name} backend cannot measure this: ${probe.reason}`,
        where: `node "${node.origin.name}" (${node.op})`,
        next: "calibrate on the reference backend",
      });
    }
    probes.set(node.id, { site, node, probe });
  }
  const nodes = new Map(graph.nodes.map((node) => [node.id, node]));
  const values = valueSites(graph);
  return {
    sites,
    valueSites: values,
    async run(feeds, visit, options = {}) {
      const seen = new Map<ValueId, Tensor>();
      await session.run(feeds, { observe: (id, value) => seen.set(id, value) });
      options.values?.(seen);
      for (const { site, node, probe } of probes.values()) {
        const own: Handle[] = [];
        const inputs = node.inputs.map((id) => {
          if (id === null) return null;
          const constant = graph.values.get(id)?.constant;
          if (constant) return upload(backend, constant);
          own.push(backend.upload(seen.get(id)!));
          return own.at(-1)!;
        });
        visit(site, await probe.run(inputs));
        own.forEach((handle) => backend.free(handle));
      }
      for (const site of options.visitValues ? values : []) {
        const node = nodes.get(site.node)!;
        const inputs = node.inputs.map((id) => id && (graph.values.get(id)?.constant ?? seen.get(id)!));
        const measurement = measureValues(
          node,
          inputs.map((t) => t || null),
        );
        if (!measurement)
          throw new Error(`internal: ${node.op} states value sums that its kernel does not add`);
        options.visitValues?.(site, measurement);
      }
    },
  };
}
