// Prints a graph as text that people can read and tests can diff: a line per node, sums and all.
import { isBody, valueOf, valueType, type AttrValue, type Graph, type Node } from "./graph.js";
import { sumSites, type SumSite } from "./sites.js";
import { printType } from "./types.js";
import { valueSites, type ValueSite } from "./value-sites.js";
import { printValueType } from "./values.js";

/**
 * The graph, one node per line in order of execution:
 *
 *     %h = Gemm(%x, fc1.weight, fc1.bias) {transB: 1} : float32[N, 784]  # 784 neurons x 784 terms, then relu
 *
 * Computed values carry a `%`; constants do not, and are listed first with their types.
 */
export function printGraph(graph: Graph): string {
  const sites = new Map(sumSites(graph).map((site) => [site.node, sumText(site)]));
  for (const site of valueSites(graph)) sites.set(site.node, valueText(site));
  const constants = [...graph.values.values()].filter((value) => value.constant);
  const lines = [
    `graph ${JSON.stringify(graph.name)} ${graph.digest.slice(0, 19)}`,
    ...graph.inputs.map((id) => `input %${id} : ${printValueType(valueType(valueOf(graph, id)))}`),
    ...constants.map(({ id, type }) => `const ${id} : ${printType(type)}`),
    ...graph.nodes.map((node) => printNode(graph, node, sites.get(node.id))),
    ...graph.outputs.map((id) => `output %${id} : ${printValueType(valueType(valueOf(graph, id)))}`),
  ];
  return lines.join("\n") + "\n";
}

function sumText({ neurons, length, activation }: SumSite): string {
  return `${neurons} neurons x ${length} terms, then ${activation.name}`;
}

function valueText({ components, length, sameSign }: ValueSite): string {
  return `${components} sums of ${length} values${sameSign ? " of one sign" : ""}`;
}

function printNode(graph: Graph, node: Node, sums: string | undefined): string {
  const name = (id: string | null): string =>
    id === null ? "_" : graph.values.get(id)?.constant ? id : `%${id}`;
  const attrs = Object.entries(node.attrs).filter(([, value]) => value !== undefined) as [
    string,
    AttrValue,
  ][];
  const shown = attrs.map(([key, value]) => `${key}: ${printAttr(value)}`).join(", ");
  const results = node.outputs.map((id) => printValueType(valueType(valueOf(graph, id)))).join(", ");
  return [
    `${node.outputs.map((id) => `%${id}`).join(", ")} = ${node.op}(${node.inputs.map(name).join(", ")})`,
    shown && ` {${shown}}`,
    ` : ${results}`,
    sums && `  # ${sums}`,
  ]
    .filter(Boolean)
    .join("");
}

function printAttr(value: AttrValue): string {
  if (isBody(value)) return `graph of ${value.graph.nodes.length} nodes`;
  if (typeof value === "object" && ("kind" in value || "shape" in value)) return printValueType(value);
  if (typeof value === "object" && "dims" in value) return printType({ elem: value.elem, shape: value.dims });
  return Array.isArray(value) ? `[${value.join(", ")}]` : JSON.stringify(value);
}
