// Graphs inside nodes: what they read of the graph around them, and what is said of their sums.
import { expect, test } from "vitest";
import { verify, type Body, type Graph } from "@mpplan/ir";
import { GraphBuilder, planOf, tensorOf } from "../../ir/src/testing.js";
import { createExecutor } from "./executor.js";
import { createReferenceBackend } from "./reference/backend.js";

/** y = x w */
function product(): Body {
  const b = new GraphBuilder();
  const x = b.input("inner", [2, 2]);
  const w = b.constant("w", tensorOf([2, 2], [1, 2, 3, 4]));
  return { graph: b.build(b.node("MatMul", [x, w], {}, "product")), captured: [1] };
}

/** y = what it reads */
function same(): Body {
  const b = new GraphBuilder();
  return { graph: b.build(b.input("outer", [2, 2])), captured: [1] };
}

function choice(): Graph {
  const b = new GraphBuilder();
  const condition = b.input("c", [], "bool");
  const x = b.node("Relu", [b.input("x", [2, 2])], {}, "h");
  return verify(b.build(b.node("If", [condition, x], { then_branch: product(), else_branch: same() }, "y")));
}

const feeds = (c: number) =>
  new Map([
    ["c", { elem: "bool", dims: [], data: Uint8Array.of(c) } as const],
    ["x", tensorOf([2, 2], [1, -1, 2, 0.5])],
  ]);

test("If runs one of its bodies on values of the graph around it", async () => {
  const session = await createExecutor(createReferenceBackend()).prepare(choice(), "reference");
  expect([...(await session.run(feeds(1))).get("y")!.data]).toEqual([1, 2, 3.5, 6]);
  expect([...(await session.run(feeds(0))).get("y")!.data]).toEqual([1, 0, 2, 0.5]);
});

test("a sum inside a body is not planned, and the session says so", async () => {
  const graph = choice();
  const plan = planOf(graph, () => ({ mode: "static", use: 0 }));
  const session = await createExecutor(createReferenceBackend()).prepare(graph, plan);
  await session.run(feeds(1));
  expect(session.executed).toMatchObject([
    { site: "y/product", substitution: "not planned, since it lies in a body: its sums are exact" },
  ]);
  await session.run(feeds(0));
  expect(session.executed).toEqual([]);
});

test("a body may read only what the node gives it", () => {
  const graph = choice();
  const [relu, node] = graph.nodes;
  const wrong = { ...node!, attrs: { ...node!.attrs, then_branch: { ...product(), captured: [0] } } };
  expect(() => verify({ ...graph, nodes: [relu!, wrong] })).toThrow("If needs 1 inputs; number 1 is missing");
});
