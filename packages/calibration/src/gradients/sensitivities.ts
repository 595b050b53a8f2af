// Sensitivities: how strongly the outputs react to each component of each sum, by reverse mode through the graph.
import {
  activationPath,
  consumers,
  isFloat,
  valueOf,
  type Graph,
  type Node,
  type NodeId,
  type OpName,
  type SiteId,
  type SumSite,
  type Tensor,
  type ValueId,
} from "@mpplan/ir";
import { takesTensorsOnly } from "@mpplan/runtime";
import type { Task } from "../metrics.js";
import { Cotangents } from "./cotangents.js";
import { directionsFor } from "./directions.js";
import { gradients, type GradientRules } from "./index.js";
import { probe } from "./probe.js";
import type { Pullback } from "./rule.js";

export interface SensitivityOptions {
  /** `classifier` looks at centred rows of logits, `values` at the outputs as they are. */
  readonly task: Task;
  /** Of the random directions that stand in for the elements of large outputs, see `directionsFor`. */
  readonly seed: number;
  /** Default: all that there are. */
  readonly rules?: GradientRules;
}

/** A node without a gradient rule, or as its rule does not cover it, and what was done instead. */
export interface GradientFallback {
  readonly node: NodeId;
  readonly op: OpName;
  readonly how: string;
}

export interface Sensitivities {
  /**
   * The squared sensitivities of every component of every site, indexed like the output of the site's node:
   * ||S_i||^2 = sum over output elements c of (dz_c / dh_i)^2, with h the value after the activation that follows
   * the sum (the sum itself where none does), and z the outputs of the component's sample.
   *
   * `values` are all the values of one exact run of `count` samples that do not influence each other (constants are
   * taken from the graph). The same sample gives the same bits in any batch.
   *
   * Memory: besides `values`, the cotangents of one backward pass, what the rules work out once (slopes, positions,
   * turned matrices; about the size of the values again), and the result.
   */
  run(values: ReadonlyMap<ValueId, Tensor>, count: number): ReadonlyMap<SiteId, Float64Array>;
  /** Nodes that gradients went through without a rule; how is known once `run` has met them. */
  readonly fallbacks: readonly GradientFallback[];
}

/**
 * Prepares the backward passes for these sites: one per output element of a sample up to 16 elements, 8 random ones
 * beyond. Only what leads from a site to an output is walked.
 */
export function createSensitivities(
  graph: Graph,
  sites: readonly SumSite[],
  options: SensitivityOptions,
): Sensitivities {
  const rules: GradientRules = options.rules ?? gradients;
  const targets = targetsOf(graph, sites);
  const route = routeOf(graph, targets);
  const probed = new Map(
    route.passed.filter(({ op }) => !rules[op]).map((node) => [node.id, { node, how: new Set<string>() }]),
  );
  const cotangents = new Cotangents();
  const constants = new Map<ValueId, Tensor>();

  for (const node of route.lost) {
    probed.set(node.id, { node, how: new Set(["the gradient stops here: it does not follow integers"]) });
  }
  let ran = false;
  const says = (node: Node, how: string): void => {
    const known = probed.get(node.id) ?? { node, how: new Set<string>() };
    probed.set(node.id, known);
    known.how.add(how);
  };

  const run = (values: ReadonlyMap<ValueId, Tensor>, count: number): Map<SiteId, Float64Array> => {
    const widened = new Map<ValueId, Tensor>();
    const valueAt = (id: ValueId): Tensor => {
      const constant = valueOf(graph, id).constant;
      const cache = constant ? constants : widened;
      let value = cache.get(id);
      if (!value) {
        const given = constant ?? values.get(id);
        if (!given) throw new Error(`internal: a run hands over no value "${id}"`);
        cache.set(id, (value = inDoubles(given)));
      }
      return value;
    };
    const pullbacks = new Map<NodeId, Pullback>();
    const pullbackOf = (node: Node): Pullback => {
      let pull = pullbacks.get(node.id);
      if (pull) return pull;
      if (!takesTensorsOnly(node.op) && !rules[node.op]) {
        says(node, `the gradient stops here: ${node.op} runs a graph or works on sequences`);
        pull = stops(node);
      } else {
        const context = {
          node,
          inputs: node.inputs.map((id) => (id === null ? null : valueAt(id))),
          outputs: node.outputs.map(valueAt),
          wanted: node.inputs.map((id) => id !== null && route.wanted.has(id)),
          count,
        };
        pull = rules[node.op]?.(context) ?? undefined;
        if (!pull) {
          const found = probe(context);
          says(node, found.how);
          pull = found.pull;
        }
      }
      pullbacks.set(node.id, pull);
      return pull;
    };
    /** The cotangents of a node's inputs, given those of its outputs. */
    const pullThrough = (node: Node, own: readonly (Float64Array | undefined)[]) =>
      pullbackOf(node)(
        node.outputs.map((id, i) => own[i] ?? new Float64Array(values.get(id)?.data.length ?? 0)),
        cotangents.room,
      );

    const squares = new Map(
      [...targets].map(([id]) => [id, new Float64Array(valueAt(id).data.length)] as const),
    );
    // A sequence has no value here: a run hands over tensors only.
    const outputs = route.outputs.filter((id) => values.has(id) && isFloat(valueAt(id).elem));
    const directions = directionsFor(outputs.map(valueAt), graph.inputs.map(valueAt), count, options);
    for (let pass = 0; pass < directions.passes; pass++) {
      directions.of(pass, cotangents.room).forEach((g, o) => g && cotangents.add(outputs[o]!, g));
      for (const node of route.nodes) {
        const own = node.outputs.map((id) => cotangents.take(id));
        if (own.every((g) => !g)) continue;
        node.outputs.forEach((id, i) => addSquares(squares.get(id), own[i]));
        if (passes(node, route.needed)) {
          pullThrough(node, own).forEach((g, i) => {
            const id = node.inputs[i];
            if (g && id != null && route.needed.has(id)) cotangents.add(id, g);
          });
        }
        for (const g of own) if (g) cotangents.drop(g);
      }
    }

    ran = true;
    const result = new Map<SiteId, Float64Array>();
    for (const [id, target] of targets) {
      let square = squares.get(id)!.map((x) => x * directions.weight);
      // What lies between a sum and its activation moves elements: squares go back as cotangents do.
      for (const node of target.between) square = pullThrough(node, [square])[0]!.slice();
      result.set(target.site, square);
    }
    return result;
  };

  return {
    run,
    get fallbacks() {
      return [...probed.values()].map(({ node, how }) => ({
        node: node.id,
        op: node.op,
        how: how.size > 0 ? [...how].join("; ") : ran ? "no gradient comes here" : "not run yet",
      }));
    },
  };
}

interface Target {
  readonly site: SiteId;
  /** The nodes from the activation back to the sum, both left out. */
  readonly between: readonly Node[];
}

/** Per value h, the site whose sensitivity is taken there. */
function targetsOf(graph: Graph, sites: readonly SumSite[]): Map<ValueId, Target> {
  const readers = consumers(graph);
  return new Map(
    sites.map((site) => {
      const node = graph.nodes.find(({ id }) => id === site.node)!;
      const path = activationPath(graph, node, readers);
      const h = (path.at(-1) ?? node).outputs[0]!;
      return [h, { site: site.id, between: path.slice(0, -1).reverse() }];
    }),
  );
}

/** What a backward pass walks. */
interface Route {
  /** The nodes between a target and an output, and those that yield a target, last first. */
  readonly nodes: readonly Node[];
  /** Those that cotangents pass through, what lies between a sum and its activation included. */
  readonly passed: readonly Node[];
  /** The float values that depend on a target, and the integers that stand for them. */
  readonly needed: ReadonlySet<ValueId>;
  /** These, and what lies between a sum and its activation. */
  readonly wanted: ReadonlySet<ValueId>;
  readonly outputs: readonly ValueId[];
  /** Those that read integers which stand for reals, and yield others. */
  readonly lost: readonly Node[];
}

/** Whose integers stand for reals, so that gradients go straight through them. */
const quantizing: ReadonlySet<OpName> = new Set<OpName>(["DynamicQuantizeLinear", "QuantizeLinear"]);

/** What only moves or picks such integers. */
const keepingQuantized: ReadonlySet<OpName> = new Set<OpName>([
  "Concat",
  "DepthToSpace",
  "Expand",
  "Flatten",
  "Gather",
  "Identity",
  "MaxPool",
  "Pad",
  "Reshape",
  "Slice",
  "SpaceToDepth",
  "Split",
  "Squeeze",
  "Tile",
  "Transpose",
  "Unsqueeze",
]);

function routeOf(graph: Graph, targets: ReadonlyMap<ValueId, Target>): Route {
  const needed = new Set<ValueId>();
  const quantized = new Set<ValueId>();
  for (const node of graph.nodes) {
    const reached = node.inputs.some((id) => id !== null && needed.has(id));
    const moves = keepingQuantized.has(node.op) && quantized.has(node.inputs[0]!);
    node.outputs.forEach((id, i) => {
      const float = isFloat(valueOf(graph, id).type?.elem ?? "float32");
      const straight = reached && !float && i === 0 && (moves || quantizing.has(node.op));
      if (straight) quantized.add(id);
      if (targets.has(id) || straight || (reached && float)) needed.add(id);
    });
  }
  const outputs = graph.outputs.filter((id) => needed.has(id));
  const leading = new Set<ValueId>(outputs);
  const nodes: Node[] = [];
  for (const node of [...graph.nodes].reverse()) {
    if (!node.outputs.some((id) => leading.has(id) && needed.has(id))) continue;
    nodes.push(node);
    for (const id of node.inputs) if (id !== null && needed.has(id)) leading.add(id);
  }
  const between = [...targets.values()].flatMap((target) => target.between);
  return {
    nodes,
    passed: [...new Set([...nodes.filter((node) => passes(node, needed)), ...between])],
    needed,
    wanted: new Set([...needed, ...between.map((node) => node.inputs[0]!)]),
    outputs,
    lost: graph.nodes.filter(
      ({ op, inputs, outputs: results }) =>
        !["Shape", "Size"].includes(op) &&
        inputs.some((id) => id !== null && quantized.has(id)) &&
        !results.some((id) => needed.has(id)),
    ),
  };
}

function passes(node: Node, needed: ReadonlySet<ValueId>): boolean {
  return node.inputs.some((id) => id !== null && needed.has(id));
}

function stops({ inputs }: Node): Pullback {
  return () => inputs.map(() => null);
}

function addSquares(sum: Float64Array | undefined, g: Float64Array | undefined): void {
  if (!sum || !g) return;
  for (let i = 0; i < sum.length; i++) sum[i]! += g[i]! * g[i]!;
}

function inDoubles(t: Tensor): Tensor {
  if (!isFloat(t.elem) || t.data instanceof Float64Array) return t;
  return { ...t, data: Float64Array.from(t.data as Float32Array) };
}
