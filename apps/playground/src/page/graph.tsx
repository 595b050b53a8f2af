// The graph, every node with a bar that says how much of its sums the plan keeps in high precision.
import type { CutView, DrawnNode, ModelView, Point } from "../protocol.js";
import { css, decisionColour, gradient } from "./colours.js";

export function GraphView({ model, cut }: { model: ModelView; cut: CutView | null }) {
  const { width, height, nodes, edges, folded } = model.drawing;
  const levelOf = ({ site }: DrawnNode): number | null =>
    site === null ? null : (cut?.sites[site]?.mean ?? null);
  return (
    <section aria-labelledby="graph-heading" class="graph">
      <h2 id="graph-heading">Graph</h2>
      <div class="scroll" tabIndex={0} role="group" aria-label="The graph, drawn">
        <svg
          width={width}
          height={height}
          viewBox={`0 0 ${width} ${height}`}
          role="img"
          aria-label={describe(model, levelOf)}
        >
          {edges.map((points, i) => (
            <polyline key={i} class="edge" points={points.map(({ x, y }: Point) => `${x},${y}`).join(" ")} />
          ))}
          {nodes.map((node, i) => (
            <NodeBox key={i} node={node} model={model} level={levelOf(node)} />
          ))}
        </svg>
      </div>
      <p class="legend small">
        <i class="scale" style={{ background: gradient(decisionColour) }} /> all in {model.formats[0]} … all
        in {model.formats.at(-1)}; grey: no sums to plan
        {folded > 0 && `; ${folded} nodes without planned sums are not drawn`}
      </p>
    </section>
  );
}

function NodeBox({ node, model, level }: { node: DrawnNode; model: ModelView; level: number | null }) {
  const { x, y, width, height } = node;
  const [left, top] = [x - width / 2, y - height / 2];
  const site = node.site === null ? null : model.sites[node.site]!;
  const colour = level === null ? "var(--rule)" : css(decisionColour(level));
  return (
    <g class={site ? "node planned" : "node"}>
      <title>
        {node.name} ({node.op}){site && `: ${site.neurons} neurons, sums of ${site.length} terms`}
      </title>
      <rect x={left} y={top} width={width} height={height} rx="6" />
      <rect class="tone" x={left} y={top} width="9" height={height} rx="4" style={{ fill: colour }} />
      <text x={left + 18} y={y - 4}>
        {node.op} <tspan class="name">{short(node.name)}</tspan>
      </text>
      <text x={left + 18} y={y + 13} class="detail">
        {site
          ? level === null
            ? `${site.neurons} × ${site.length}`
            : `${Math.round(100 * level)} % high`
          : "exact"}
      </text>
    </g>
  );
}

const short = (name: string): string => (name.length > 16 ? `…${name.slice(-15)}` : name);

function describe({ drawing, sites }: ModelView, levelOf: (node: DrawnNode) => number | null): string {
  const planned = drawing.nodes.filter((node) => node.site !== null).slice(0, 40);
  const parts = planned.map((node) => {
    const level = levelOf(node);
    return `${node.name}, ${sites[node.site!]!.neurons} neurons${level === null ? "" : `, ${Math.round(100 * level)} % high`}`;
  });
  return `${drawing.nodes.length} nodes from inputs to outputs. ${parts.join("; ")}.`;
}
