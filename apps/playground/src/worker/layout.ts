// Lays a graph out from top to bottom. Where it has too many nodes to see, those without planned sums are left out.
import dagre from "@dagrejs/dagre";
import { consumers, type Graph, type Node } from "@mpplan/ir";
import type { DrawnNode, GraphDrawing, Point } from "../protocol.js";

/** Above this many nodes only those with sums are drawn. */
const most = 120;
/** And above this many only the first of those. */
const mostSites = 400;

const height = 46;

/** What dagre leaves at a node. */
interface Box extends Point {
  readonly width: number;
}

/** `siteOf` says which site a node carries out, if any. */
export function layOut(graph: Graph, siteOf: ReadonlyMap<string, number>): GraphDrawing {
  const planned = graph.nodes.filter((node) => siteOf.has(node.id));
  const all = graph.nodes.length <= most || planned.length === 0;
  const shown = (all ? graph.nodes.slice(0, most) : planned).slice(0, mostSites);
  const layout = new dagre.graphlib.Graph({ multigraph: false });
  layout.setGraph({ rankdir: "TB", nodesep: 18, ranksep: 26, marginx: 8, marginy: 8 });
  layout.setDefaultEdgeLabel(() => ({}));
  for (const node of shown) layout.setNode(node.id, { width: widthOf(node), height });
  const kept = new Set(shown.map((node) => node.id));
  for (const [from, to] of edgesAmong(graph, kept)) layout.setEdge(from, to);
  dagre.layout(layout);
  const { width = 0, height: total = 0 } = layout.graph();
  return {
    width,
    height: total,
    nodes: shown.map((node): DrawnNode => {
      const { x, y, width: w } = layout.node(node.id) as Box;
      return {
        name: node.origin.name,
        op: node.op,
        site: siteOf.get(node.id) ?? null,
        x,
        y,
        width: w,
        height,
      };
    }),
    edges: (layout.edges() as object[]).map((edge) =>
      (layout.edge(edge) as { points: Point[] }).points.map(({ x, y }) => ({ x, y })),
    ),
    folded: graph.nodes.length - shown.length,
  };
}

function widthOf({ op, origin }: Node): number {
  return Math.min(190, Math.max(96, 7.2 * Math.max(op.length + 6, Math.min(origin.name.length, 22)) + 20));
}

/** Pairs of kept nodes with a path between them that passes no other kept one. */
function edgesAmong(graph: Graph, kept: ReadonlySet<string>): [string, string][] {
  const readers = consumers(graph);
  const edges: [string, string][] = [];
  // In reverse order, so that what a node left out leads to is known before it is asked for.
  const leadsTo = new Map<string, ReadonlySet<string>>();
  for (const node of [...graph.nodes].reverse()) {
    const next = new Set<string>();
    for (const output of node.outputs) {
      for (const reader of readers.get(output) ?? []) {
        if (kept.has(reader.id)) next.add(reader.id);
        else for (const id of leadsTo.get(reader.id) ?? []) next.add(id);
      }
    }
    leadsTo.set(node.id, next);
    if (kept.has(node.id)) for (const id of next) edges.push([node.id, id]);
  }
  return edges;
}
