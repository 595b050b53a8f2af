// A causal transformer layer with open batch and length on the whole road: its attention is planned once samples say how
// long their sequences are.
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parsePlan } from "@mpplan/ir";
import { expect, test } from "vitest";
import { buildModel, int, node, value, weights } from "../../onnx/test/model-builder.js";
import { writeNpy } from "../src/data/npy.js";
import { mpplan, scratch } from "./support.js";

const numbers = (dims: number[], seed: number): Float32Array =>
  Float32Array.from({ length: dims.reduce((a, b) => a * b) }, (_, i) =>
    Math.sin(seed + 1.7 * i + (i * i) / 31),
  );
const named = (name: string, dims: number[], seed: number) =>
  weights(
    name,
    dims,
    [...numbers(dims, seed)].map((x) => x / 3),
  );

/** x [N, S, 8]: attention of two heads, added to x, then 4 classes per place. */
const bytes = buildModel({
  opset: 23,
  inputs: [value("x", ["N", "S", 8])],
  outputs: [value("y", ["N", "S", 4])],
  nodes: [
    ...["q", "k", "v"].map((name) => node("MatMul", ["x", `w${name}`], [name], [], { name })),
    node(
      "Attention",
      ["q", "k", "v"],
      ["mixed"],
      [int("is_causal", 1), int("q_num_heads", 2), int("kv_num_heads", 2)],
      { name: "attention" },
    ),
    node("Add", ["x", "mixed"], ["sum"]),
    node("MatMul", ["sum", "wy"], ["y"], [], { name: "classes" }),
  ],
  initializers: [...["q", "k", "v"].map((name, i) => named(`w${name}`, [8, 8], i)), named("wy", [8, 4], 9)],
});

test("a causal transformer of open lengths is planned, its heads as neurons", async () => {
  const folder = scratch();
  const [model, data, plan] = ["model.onnx", "x.npy", "plan.json"].map((name) => path.join(folder, name)) as [
    string,
    string,
    string,
  ];
  writeFileSync(model, bytes);
  writeFileSync(data, writeNpy({ elem: "float32", dims: [24, 5, 8], data: numbers([24, 5, 8], 4) }));

  const open = JSON.parse((await mpplan("inspect", model, "--json")).out) as { unplanned: unknown[] };
  expect(open.unplanned).toContainEqual({
    node: "attention",
    op: "Attention",
    reason: "it is causal, and its lengths are open",
  });

  const made = await mpplan(
    "compile",
    model,
    "-q",
    "--data",
    data,
    "--samples",
    "16",
    "--evaluate",
    "8",
    "-o",
    plan,
  );
  expect(made.code, made.err).toBe(0);
  const { decisions } = parsePlan(readFileSync(plan, "utf8"), plan);
  const products = decisions.filter(({ term }) => term !== "value");
  expect(products.map(({ site, neurons, length }) => [site, neurons, length])).toEqual([
    ["q", 8, 8],
    ["k", 8, 8],
    ["v", 8, 8],
    ["attention/scores", 2, 4],
    ["attention/values", 2, 5],
    ["classes", 4, 8],
  ]);
  const inspected = JSON.parse((await mpplan("inspect", model, "--json", "--data", data)).out) as {
    unplanned: unknown[];
  };
  expect(inspected.unplanned).toEqual([]);
});
