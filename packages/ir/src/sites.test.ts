import { describe, expect, test } from "vitest";
import type { Graph } from "./graph.js";
import { activationPath, kappaActivations, sumSites } from "./sites.js";
import { convNet, GraphBuilder, mlp, randomTensor, tensorOf } from "./testing.js";

/** A Gemm 3 -> 4, then whatever `tail` adds; the activation that is found for it. */
function activationThrough(tail: (b: GraphBuilder, fc: string) => string[]): string {
  const b = new GraphBuilder();
  const fc = b.node("Gemm", [b.input("x", [1, 3]), b.constant("w", randomTensor([3, 4], 1))], {}, "fc");
  return sumSites(b.build(...tail(b, fc)))[0]!.activation.name;
}

describe("sumSites", () => {
  test("tells every sum's neurons, components, length and multiply-accumulates, in order", () => {
    const facts = (graph: Graph): unknown[] =>
      sumSites(graph).map((s) => [
        s.id,
        s.neurons,
        s.components,
        s.length,
        s.macs,
        s.activation.name,
        s.last,
      ]);
    expect(facts(mlp([5, 4, 3], { batch: 2, activation: "Tanh" }))).toEqual([
      ["fc1", 4, 8, 5, 40, "tanh", false],
      ["fc2", 3, 6, 4, 24, "identity", true],
    ]);
    expect(facts(convNet({ normalize: false }))).toEqual([
      ["conv1", 4, 4 * 36, 18, 4 * 36 * 18, "relu", false],
      ["conv2", 4, 4 * 9, 8, 4 * 9 * 8, "relu", false],
      ["fc", 3, 3, 36, 108, "identity", true],
    ]);
  });

  test("counts an open batch as one sample, and leaves out sums whose other sizes are not known", () => {
    expect(sumSites(mlp([5, 4, 3], { batch: "N" })).map((s) => s.components)).toEqual([4, 3]);
    const b = new GraphBuilder();
    const x = b.input("x", [1, 2, "H", 6]);
    const graph = b.build(b.node("Conv", [x, b.constant("w", randomTensor([4, 2, 3, 3], 1))]));
    expect(sumSites(graph)).toEqual([]);
  });
});

describe("the activation after a sum", () => {
  test("is found through what moves components without mixing them", () => {
    const found = activationThrough((b, fc) => {
      const flat = b.node("Flatten", [fc], { axis: 0 });
      const shape = b.constant("shape", tensorOf([3], [1, 2, 2], "int64"));
      const moved = b.node("Transpose", [b.node("Reshape", [flat, shape])], { perm: [0, 2, 1] });
      const axes = b.constant("axes", tensorOf([1], [0], "int64"));
      const thin = b.node("Squeeze", [b.node("Unsqueeze", [b.node("Identity", [moved]), axes]), axes]);
      return [b.node("Sigmoid", [thin])];
    });
    expect(found).toBe("sigmoid");
  });

  test("is not looked for behind arithmetic, pooling or another sum", () => {
    expect(
      activationThrough((b, fc) => [
        b.node("Relu", [b.node("Add", [fc, b.constant("c", randomTensor([4], 2))])]),
      ]),
    ).toBe("identity");
    expect(
      activationThrough((b, fc) => [
        b.node("Relu", [b.node("Gemm", [fc, b.constant("v", randomTensor([4, 2], 3))])]),
      ]),
    ).toBe("identity");
  });

  test("stops where the value is read twice, or is itself an output", () => {
    expect(activationThrough((b, fc) => [b.node("Add", [b.node("Relu", [fc]), b.node("Tanh", [fc])])])).toBe(
      "identity",
    );
    expect(activationThrough((b, fc) => [b.node("Relu", [fc]), fc])).toBe("identity");
    expect(
      activationThrough((b, fc) => {
        const flat = b.node("Flatten", [fc]);
        return [b.node("Relu", [flat]), b.node("Tanh", [flat])];
      }),
    ).toBe("identity");
  });

  test("is spelled with its numbers", () => {
    expect(activationThrough((b, fc) => [b.node("LeakyRelu", [fc], { alpha: 0.25 })])).toBe(
      "leaky-relu(0.25)",
    );
    const bound = (b: GraphBuilder, x: number): string => b.constant(`c${x}`, tensorOf([], [x]));
    expect(activationThrough((b, fc) => [b.node("Clip", [fc, bound(b, 0), bound(b, 6)])])).toBe("clip(0, 6)");
    expect(activationThrough((b, fc) => [b.node("Clip", [fc, bound(b, 0), null])])).toBe("clip(0, Infinity)");
  });

  test("is not what takes the value as its bound, or has a bound that is computed", () => {
    const asBound = (b: GraphBuilder, fc: string, high: boolean): string => {
      const bound = b.node("ReduceMean", [fc], { keepdims: 0 });
      const x = b.input("other", [1, 4]);
      return b.node("Clip", high ? [x, null, bound] : [x, bound, null]);
    };
    expect(activationThrough((b, fc) => [asBound(b, fc, true)])).toBe("identity");
    const b = new GraphBuilder();
    const scalar = b.node("MatMul", [b.input("x", [3]), b.constant("w", randomTensor([3], 1))], {}, "dot");
    const clipped = b.node("Clip", [b.constant("c", tensorOf([2], [1, 2])), scalar, null]);
    expect(sumSites(b.build(clipped))[0]!.activation.name).toBe("identity");
  });
});

test("the last sums are those from which an output is reached without another sum", () => {
  const b = new GraphBuilder();
  const x = b.input("x", [1, 4]);
  const w = (name: string): string => b.constant(name, randomTensor([4, 4], name.length));
  const trunk = b.node("Gemm", [x, w("a")], {}, "trunk");
  const head = b.node("Gemm", [trunk, w("bb")], {}, "head");
  const skip = b.node("Gemm", [x, w("ccc")], {}, "skip");
  b.node("Gemm", [x, w("dddd")], {}, "unused");
  const graph = b.build(b.node("Softmax", [b.node("Add", [head, skip])]));
  expect(sumSites(graph).map((s) => [s.id, s.last])).toEqual([
    ["trunk", false],
    ["head", true],
    ["skip", true],
    ["unused", false],
  ]);
});

describe("kappaActivations", () => {
  const names = (graph: Graph): string[] =>
    [...kappaActivations(sumSites(graph)).values()].map((a) => a.name);

  test("stands ReLU for the last layer of a network of ReLUs, as the source paper's code does", () => {
    expect(names(mlp([3, 4, 4, 2]))).toEqual(["relu", "relu", "relu"]);
    expect(names(convNet({ normalize: false }))).toEqual(["relu", "relu", "relu"]);
  });

  test("leaves the identity on the last layer of any other network", () => {
    expect(names(mlp([3, 4, 2], { activation: "Tanh" }))).toEqual(["tanh", "identity"]);
    expect(names(mlp([3, 4, 2], { activation: null }))).toEqual(["identity", "identity"]);
  });

  test("leaves the identity on a linear sum that is not the last", () => {
    const b = new GraphBuilder();
    const w = (name: string): string => b.constant(name, randomTensor([3, 3], name.length));
    const linear = b.node("Gemm", [b.input("x", [1, 3]), w("a")]);
    const live = b.node("Relu", [b.node("Gemm", [linear, w("bb")])]);
    expect(names(b.build(b.node("Gemm", [live, w("ccc")])))).toEqual(["identity", "relu", "relu"]);
  });
});

test("activationPath names what lies between a sum and its activation, and the activation", () => {
  const b = new GraphBuilder();
  const fc = b.node("Gemm", [b.input("x", [1, 3]), b.constant("w", randomTensor([3, 4], 1))], {}, "fc");
  const turned = b.node("Transpose", [fc], {}, "turned");
  const next = b.node("Gemm", [b.node("Relu", [turned], {}, "relu"), fc], {}, "next");
  const through = (graph: Graph, id: string): string[] =>
    activationPath(
      graph,
      graph.nodes.find((node) => node.id === id)!,
    ).map((node) => node.id);
  // The second Gemm reads the first one's sums as they are.
  expect(through(b.build(next), "fc")).toEqual([]);

  const c = new GraphBuilder();
  const sum = c.node("Gemm", [c.input("x", [1, 3]), c.constant("w", randomTensor([3, 4], 1))], {}, "sum");
  const flat = c.node("Flatten", [c.node("Transpose", [sum], {}, "turned")], {}, "flat");
  const graph = c.build(c.node("Relu", [flat], {}, "relu"));
  expect(through(graph, "sum")).toEqual(["turned", "flat", "relu"]);
  expect(through(graph, "relu")).toEqual([]);
});
