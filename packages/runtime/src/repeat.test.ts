// Bodies that run again and again: how often, on what, and what is stacked.
import { expect, test } from "vitest";
import { verify, type Attrs, type Body, type Graph, type Tensor } from "@mpplan/ir";
import { GraphBuilder, tensorOf } from "../../ir/src/testing.js";
import { createExecutor } from "./executor.js";
import { createReferenceBackend } from "./reference/backend.js";

/** Loop's: the condition stays, state + state is the next state and the slice. */
function doubling(): Body {
  const b = new GraphBuilder();
  b.input("round", [], "int64");
  const condition = b.input("going", [], "bool");
  const state = b.input("state", [null]);
  const next = b.node("Add", [state, state], {}, "next");
  const graph = b.build(next);
  return { graph: { ...graph, outputs: [condition, next, next] }, captured: [] };
}

/** Scan's: the running sum, as state and as slice. */
function summing(): Body {
  const b = new GraphBuilder();
  const sum = b.node("Add", [b.input("state", [2]), b.input("slice", [2])], {}, "sum");
  return { graph: { ...b.build(sum), outputs: [sum, sum] }, captured: [] };
}

function looping(rounds: number | null): Graph {
  const b = new GraphBuilder();
  const most =
    rounds === null
      ? null
      : b.constant("m", { elem: "int64", dims: [], data: BigInt64Array.of(BigInt(rounds)) });
  const x = b.input("x", [2]);
  const graph = b.build(b.node("Loop", [most, null, x], { body: doubling() }, "y"));
  const [node] = graph.nodes;
  const values = new Map([
    ...graph.values,
    ["z", { id: "z", type: { elem: "float32", shape: [null, null] } }] as const,
  ]);
  return verify({ ...graph, values, nodes: [{ ...node!, outputs: ["y", "z"] }], outputs: ["y", "z"] });
}

const feeds = new Map([["x", tensorOf([2], [1, 3])]]);
const run = async (graph: Graph, options = {}): Promise<Map<string, Tensor>> => {
  const session = await createExecutor(createReferenceBackend(), options).prepare(graph, "reference");
  return session.run(feeds);
};

test("Loop yields the last state and the slices of every round", async () => {
  const outputs = await run(looping(2));
  expect(outputs.get("y")).toMatchObject({ dims: [2], data: Float64Array.of(4, 12) });
  expect(outputs.get("z")).toMatchObject({ dims: [2, 2], data: Float64Array.of(2, 6, 4, 12) });
});

test("Loop of no round yields the states as they are, and no slices", async () => {
  const outputs = await run(looping(0));
  expect(outputs.get("y")).toMatchObject({ data: Float64Array.of(1, 3) });
  expect(outputs.get("z")).toMatchObject({ dims: [0, 0] });
});

test("a loop without end is stopped", async () => {
  await expect(run(looping(null), { maxRounds: 5 })).rejects.toMatchObject({
    code: "too-many-rounds",
    message: expect.stringContaining("make more than 5 rounds") as string,
  });
  await expect(run(looping(5), { maxRounds: 5 })).resolves.toBeDefined();
});

test("Scan goes along any axis in either direction", async () => {
  const scanning = async (attrs: Attrs): Promise<(number[] | readonly number[])[]> => {
    const b = new GraphBuilder();
    const start = b.constant("start", tensorOf([2], [0, 0]));
    const data = b.constant("data", tensorOf([2, 3], [1, 2, 3, 10, 20, 30]));
    b.input("x", [2]);
    const graph = b.build(
      b.node("Scan", [start, data], { num_scan_inputs: 1, body: summing(), ...attrs }, "y"),
    );
    const [node] = graph.nodes;
    const values = new Map([
      ...graph.values,
      ["z", { id: "z", type: { elem: "float32", shape: null } }] as const,
    ]);
    const two = verify({ ...graph, values, nodes: [{ ...node!, outputs: ["y", "z"] }], outputs: ["y", "z"] });
    const outputs = await run(two);
    return [[...(outputs.get("z")!.data as Float64Array)], outputs.get("z")!.dims];
  };
  expect(await scanning({ scan_input_axes: [1] })).toEqual([
    [1, 10, 3, 30, 6, 60],
    [3, 2],
  ]);
  expect(
    await scanning({ scan_input_axes: [-1], scan_input_directions: [1], scan_output_axes: [1] }),
  ).toEqual([
    [3, 5, 6, 30, 50, 60],
    [2, 3],
  ]);
  expect(await scanning({ scan_input_axes: [1], scan_output_directions: [1] })).toEqual([
    [6, 60, 3, 30, 1, 10],
    [3, 2],
  ]);
});
