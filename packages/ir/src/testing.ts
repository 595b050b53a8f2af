// For tests only: small graphs, samples and plans in few words. Every number comes from a seed.
import { seededRandom } from "@mpplan/formats";
import { costTable } from "./cost.js";
import type { Attrs, AttrValue, Graph, Node, Value, ValueId } from "./graph.js";
import type { AttrSpec } from "./ops/define.js";
import { ops, type OpName } from "./ops/index.js";
import { inferTypes } from "./passes/pass.js";
import type { Choice, Decision, Plan } from "./plan.js";
import { noOperands, type Accumulator } from "./precision.js";
import { presetNamed } from "./presets.js";
import type { Sample, Samples } from "./samples.js";
import { sumSites, type SumSite } from "./sites.js";
import { valueSites } from "./value-sites.js";
import {
  allocate,
  isFloat,
  sizeOf,
  staticShape,
  tensor,
  type Dim,
  type ElementType,
  type Tensor,
} from "./types.js";
import { verify } from "./verify.js";

/** Numbers spread evenly over -scale .. scale, each a binary32 number with a full fraction. */
export function randomNumbers(count: number, seed: number, scale = 1): Float32Array {
  const random = seededRandom(seed);
  return Float32Array.from({ length: count }, () => ((random() + 0.5) / 2 ** 23 - 1) * scale);
}

export function randomTensor(dims: readonly number[], seed: number, scale = 1): Tensor {
  return tensor("float32", dims, randomNumbers(sizeOf(dims), seed, scale));
}

export function tensorOf(
  dims: readonly number[],
  list: readonly number[],
  elem: ElementType = "float32",
): Tensor {
  const data = allocate(elem, list.length);
  list.forEach((x, i) => (data[i] = elem.endsWith("int64") ? BigInt(x) : x));
  return tensor(elem, dims, data);
}

/** Writes a graph down node by node; every method returns the name of the value that it made. */
export class GraphBuilder {
  private readonly written: Node[] = [];
  private readonly values = new Map<ValueId, Value>();
  private readonly inputs: ValueId[] = [];

  input(id: ValueId, shape: readonly Dim[], elem: ElementType = "float32"): ValueId {
    this.inputs.push(id);
    this.values.set(id, { id, type: { elem, shape } });
    return id;
  }

  constant(id: ValueId, constant: Tensor): ValueId {
    this.values.set(id, { id, type: { elem: constant.elem, shape: constant.dims }, constant });
    return id;
  }

  /** Omitted attributes have their defaults. The node is called like its output. */
  node(
    op: OpName,
    inputs: readonly (ValueId | null)[],
    attrs: Attrs = {},
    id = `${op}_${this.written.length}`,
  ): ValueId {
    this.nodes(op, inputs, attrs, [id]);
    return id;
  }

  /** A node with several outputs, called like the first. */
  nodes(op: OpName, inputs: readonly (ValueId | null)[], attrs: Attrs, outputs: readonly ValueId[]): void {
    const defaults: Record<string, AttrValue> = {};
    for (const [name, spec] of Object.entries<AttrSpec>(ops[op].attributes)) {
      if ("default" in spec && spec.default !== undefined) defaults[name] = spec.default;
    }
    const id = outputs[0]!;
    this.written.push({
      id,
      op,
      inputs,
      outputs,
      attrs: { ...defaults, ...attrs },
      origin: { name: id, opType: op, domain: "", opset: 17 },
    });
    for (const each of outputs) this.values.set(each, { id: each, type: null });
  }

  build(...outputs: ValueId[]): Graph {
    return verify(
      inferTypes({
        name: "tiny",
        digest: `sha256:${"ab".repeat(32)}`,
        inputs: this.inputs,
        outputs,
        nodes: this.written,
        values: this.values,
        operands: noOperands,
      }),
    );
  }
}

export interface MlpOptions {
  readonly activation?: "Relu" | "Tanh" | "Sigmoid" | null;
  readonly seed?: number;
  readonly batch?: Dim;
  readonly transB?: 0 | 1;
  readonly elem?: "float32" | "float64";
  /** Largest weight; the default keeps values near 1. */
  readonly scale?: number;
}

/** Gemm layers `fc1`, `fc2`, ... of those widths, the activation between them, from input `x` to logits. */
export function mlp(widths: readonly number[], options: MlpOptions = {}): Graph {
  const { activation = "Relu", seed = 1, batch = 1, transB = 1, elem = "float32", scale } = options;
  const b = new GraphBuilder();
  const typed = (t: Tensor): Tensor =>
    elem === "float32" ? t : tensor(elem, t.dims, Float64Array.from(t.data as Float32Array));
  let value = b.input("x", [batch, widths[0]!], elem);
  for (let layer = 1; layer < widths.length; layer++) {
    const [fanIn, fanOut] = [widths[layer - 1]!, widths[layer]!];
    const name = `fc${layer}`;
    const reach = scale ?? Math.sqrt(3 / fanIn);
    const dims = transB ? [fanOut, fanIn] : [fanIn, fanOut];
    const weights = b.constant(`${name}.weight`, typed(randomTensor(dims, seed * 100 + layer, reach)));
    const bias = b.constant(`${name}.bias`, typed(randomTensor([fanOut], seed * 100 + 50 + layer, reach)));
    value = b.node("Gemm", [value, weights, bias], { transB }, name);
    if (activation && layer + 1 < widths.length) value = b.node(activation, [value], {}, `${name}.act`);
  }
  return b.build(value);
}

/** Conv, BatchNormalization, Relu, MaxPool, grouped Conv with pads, Relu, Flatten, Gemm; from `x` [batch, 2, 6, 6]. */
export function convNet({ seed = 1, batch = 1 as Dim, normalize = true } = {}): Graph {
  const b = new GraphBuilder();
  let s = seed * 1000;
  const constant = (id: string, dims: number[], scale: number): ValueId =>
    b.constant(id, randomTensor(dims, ++s, scale));
  let value = b.input("x", [batch, 2, 6, 6]);
  value = b.node(
    "Conv",
    [value, constant("conv1.weight", [4, 2, 3, 3], 0.4), constant("conv1.bias", [4], 0.3)],
    { pads: [1, 1, 1, 1] },
    "conv1",
  );
  if (normalize) {
    const variance = b.constant("bn.var", tensorOf([4], [0.5, 1, 2, 0.25]));
    value = b.node(
      "BatchNormalization",
      [
        value,
        constant("bn.scale", [4], 1),
        constant("bn.bias", [4], 0.5),
        constant("bn.mean", [4], 0.2),
        variance,
      ],
      {},
      "bn",
    );
  }
  value = b.node("Relu", [value], {}, "relu1");
  value = b.node("MaxPool", [value], { kernel_shape: [2, 2], strides: [2, 2] }, "pool");
  value = b.node(
    "Conv",
    [value, constant("conv2.weight", [4, 2, 2, 2], 0.6), constant("conv2.bias", [4], 0.3)],
    { group: 2, pads: [0, 0, 1, 1] },
    "conv2",
  );
  value = b.node("Relu", [value], {}, "relu2");
  value = b.node("Flatten", [value], { axis: 1 }, "flat");
  value = b.node(
    "Gemm",
    [value, constant("fc.weight", [3, 36], 0.3), constant("fc.bias", [3], 0.3)],
    { transB: 1 },
    "fc",
  );
  return b.build(value);
}

/** Inputs for a graph whose shapes are known, drawn anew for every index. */
export function randomSamples(graph: Graph, count: number, seed = 7, scale = 1): Samples {
  return {
    count,
    random: false,
    at: (index): Sample =>
      new Map(
        graph.inputs.map((id, i) => {
          const type = graph.values.get(id)!.type!;
          const t = randomTensor(staticShape(type)!, seed * 7919 + index * 31 + i, scale);
          return [
            id,
            isFloat(type.elem) && type.elem !== t.elem
              ? { ...t, elem: type.elem, data: Float64Array.from(t.data as Float32Array) }
              : t,
          ];
        }),
      ),
    label: (index) => index % 3,
  };
}

/** [low, high] of the default preset: E4M3 and binary16 in blocks of 8. */
export const lowHigh: readonly Accumulator[] = [presetNamed("e4m3-f16").low, presetNamed("e4m3-f16").high];

/** A plan that does what `choose` says, neuron by neuron. */
export function planOf(
  graph: Graph,
  choose: (site: SumSite, neuron: number) => Choice,
  {
    accumulators = lowHigh,
    seed = 1,
    values,
  }: {
    accumulators?: readonly Accumulator[];
    seed?: number;
    /** The accumulator of value sums; left out, the plan does not speak of them. */
    values?: number | undefined;
  } = {},
): Plan {
  const tool = { name: "test", version: "0" };
  return {
    kind: "mpplan-plan",
    version: 1,
    tool,
    model: { name: graph.name, digest: graph.digest },
    data: null,
    seed,
    preset: "test",
    mode: "hybrid",
    policy: "test",
    budget: { kind: "none" },
    semantics: "exact",
    operands: graph.operands,
    costs: costTable(accumulators),
    accumulators: [...accumulators],
    decisions: sumSites(graph)
      .map((site): Decision => {
        const ranges: Decision["ranges"] = [];
        for (let neuron = 0; neuron < site.neurons; neuron++) {
          const choice = choose(site, neuron);
          const last = ranges.at(-1);
          if (last && JSON.stringify(last.choice) === JSON.stringify(choice)) last.end = neuron + 1;
          else ranges.push({ start: neuron, end: neuron + 1, choice });
        }
        const op = graph.nodes.find((node) => node.id === site.node)!.op;
        return {
          site: site.id,
          op,
          neurons: site.neurons,
          length: site.length,
          macs: site.macs,
          ranges,
          because: "the test says so",
        };
      })
      .concat(values === undefined ? [] : valueDecisions(graph, values)),
    predicted: null,
    drift: [],
  };
}

function valueDecisions(graph: Graph, use: number): Decision[] {
  return valueSites(graph).map(({ id, node, neurons, length }) => ({
    site: id,
    op: graph.nodes.find((each) => each.id === node)!.op,
    neurons,
    length,
    macs: 0,
    term: "value",
    ranges: [{ start: 0, end: neurons, choice: { mode: "static", use } }],
    because: "the test says so",
  }));
}

/** A plan with one accumulator for everything. */
export function uniformOf(graph: Graph, use: number, options?: Parameters<typeof planOf>[2]): Plan {
  return planOf(graph, () => ({ mode: "static", use }), options);
}
