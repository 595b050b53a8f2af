// Graphs inside nodes: what they read of the graph around them, and what is said of their sums.
import { expect, test } from "vitest";
import { verify, type Body, type ContainerType, type Graph, type RuntimeValue } from "@mpplan/ir";
import { GraphBuilder, planOf, tensorOf } from "../../ir/src/testing.js";
import type { KernelBackend } from "./backend.js";
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

test("every handle that a run makes is freed, those of bodies and of values that are no tensors too", async () => {
  const reference = createReferenceBackend();
  const alive = new Set<object>();
  // Every handle is an object of its own, so that what is freed twice or never shows.
  const made = (value: object): object => {
    const handle = { value };
    alive.add(handle);
    return handle;
  };
  const held = (handle: object | null): object | null => {
    if (handle && !alive.has(handle)) throw new Error("a handle is read that was freed");
    return handle && (handle as { value: object }).value;
  };
  const counting: KernelBackend = {
    ...reference,
    kernelFor(request) {
      const kernel = reference.kernelFor(request);
      if (kernel.kind === "unsupported") return kernel;
      return {
        kind: "kernel",
        async run(inputs, context) {
          const run = async (body: Body, given: readonly object[]): Promise<object[]> => {
            const lent = given.map(made);
            const results = await context.run!(body, lent);
            const values = results.map((handle) => held(handle)!);
            for (const handle of [...lent, ...results]) alive.delete(handle);
            return values;
          };
          const result = await kernel.run(inputs.map(held), { ...context, run });
          return { ...result, outputs: result.outputs.map(made) };
        },
      };
    },
    upload: (value) => made(reference.upload(value)),
    download: (handle) => reference.download(held(handle)!),
    free: (handle) => {
      if (!alive.delete(handle)) throw new Error("a handle is freed twice");
    },
  };
  const b = new GraphBuilder();
  const list: ContainerType = { kind: "sequence", of: { elem: "float32", shape: null } };
  const inner = b.input("list", []);
  const graph = choice();
  const withList: Graph = {
    ...graph,
    inputs: [...graph.inputs, inner],
    outputs: [...graph.outputs, "again"],
    nodes: [
      ...graph.nodes,
      { ...graph.nodes[0]!, id: "again", op: "Identity", inputs: [inner], outputs: ["again"], attrs: {} },
    ],
    values: new Map([
      ...graph.values,
      [inner, { id: inner, type: null, container: list }],
      ["again", { id: "again", type: null, container: list }],
    ]),
  };
  const session = await createExecutor(counting).prepare(verify(withList), "reference");
  const value = { kind: "sequence", of: list.of, items: [tensorOf([1], [3])] } as const;
  const constants = [1, 0].map(async (c) => {
    const outputs = await session.runValues(new Map<string, RuntimeValue>([...feeds(c), ["list", value]]));
    expect(outputs.get("again")).toMatchObject({ kind: "sequence", items: [{ dims: [1] }] });
  });
  await Promise.all(constants);
  // What is left is the one constant, uploaded once for all sessions.
  expect(alive.size).toBe(1);
  await expect(session.runValues(new Map([...feeds(1), ["list", tensorOf([1], [3])]]))).rejects.toThrow(
    "The value is a tensor",
  );
});

test("a sum inside a body is not planned, and the session says so", async () => {
  const graph = choice();
  const plan = planOf(graph, () => ({ mode: "static", use: 0 }));
  const session = await createExecutor(createReferenceBackend()).prepare(graph, plan);
  await session.run(feeds(1));
  expect(session.executed).toMatchObject([
    {
      site: "y/product",
      substitution:
        "not planned, since it lies in a branch of If whose condition is not constant; its sums are exact",
    },
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
