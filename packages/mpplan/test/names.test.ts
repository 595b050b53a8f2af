// Names are data: a model whose values, nodes, sizes and notes are called as the properties that every JavaScript object
// has goes through everything that its plainly named twin goes through, and comes out with the same numbers.
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parsePlan, parseProfile, tensor, type Plan } from "@mpplan/ir";
import { annotations, importOnnx } from "@mpplan/onnx";
import { beforeAll, describe, expect, test } from "vitest";
import { buildModel, float, node, value, weights } from "../../onnx/test/model-builder.js";
import { parseNpz, writeNpz } from "../src/data/npz.js";
import { InferenceSession, Tensor } from "../src/node.js";
import { mpplan, scratch } from "./support.js";

interface Names {
  readonly input: string;
  readonly output: string;
  readonly size: string;
  readonly nodes: readonly [string, string, string];
  readonly values: readonly [string, string];
  readonly weights: readonly [string, string];
}

const plain: Names = {
  input: "in",
  output: "out",
  size: "N",
  nodes: ["first", "then", "second"],
  values: ["h", "r"],
  weights: ["w", "v"],
};

const odd: readonly Names[] = [
  {
    input: "__proto__",
    output: "constructor",
    size: "toString",
    nodes: ["__proto__", "constructor", "hasOwnProperty"],
    values: ["valueOf", "__defineGetter__"],
    weights: ["isPrototypeOf", "toString"],
  },
  {
    input: "constructor",
    output: "__proto__",
    size: "__proto__",
    nodes: ["toString", "__proto__", "constructor"],
    values: ["hasOwnProperty", "toLocaleString"],
    weights: ["__lookupGetter__", "valueOf"],
  },
];

function model(names: Names): Uint8Array {
  const [h, r] = names.values;
  return buildModel({
    inputs: [value(names.input, [names.size, 3])],
    outputs: [value(names.output, [names.size, 2])],
    nodes: [
      node("Gemm", [names.input, names.weights[0]], [h], [float("alpha", 1)], { name: names.nodes[0] }),
      node("Relu", [h], [r], [], { name: names.nodes[1] }),
      node("MatMul", [r, names.weights[1]], [names.output], [], { name: names.nodes[2] }),
    ],
    initializers: [weights(names.weights[0], [3, 4]), weights(names.weights[1], [4, 2])],
    model: { metadataProps: [{ key: "__proto__", value: "constructor" }] },
  });
}

/** The road with one model: what every step leaves behind, without the names. */
async function road(names: Names) {
  const folder = scratch();
  const at = (file: string): string => path.join(folder, file);
  const steps = async (...argv: string[]): Promise<void> =>
    expect(await mpplan(...argv, "-q"), argv[0]).toMatchObject({ code: 0, err: "" });
  writeFileSync(at("model.onnx"), model(names));
  const numbers = Float32Array.from({ length: 60 }, (_, i) => Math.sin(i));
  writeFileSync(at("in.npz"), writeNpz(new Map([[names.input, tensor("float32", [20, 3], numbers)]])));

  await steps("compile", at("model.onnx"), "--data", at("in.npz"), "-o", at("plan.json"));
  await steps("calibrate", at("model.onnx"), "--data", at("in.npz"), "-o", at("profile.json"));
  await steps("run", at("model.onnx"), "--data", at("in.npz"), "-p", at("plan.json"), "-o", at("out.npz"));
  await steps("plan", at("model.onnx"), "--profile", at("profile.json"), "-o", at("again.json"));
  await steps("compare", at("model.onnx"), "--data", at("in.npz"), "--html", at("report.html"));
  await steps("annotate", at("model.onnx"), "-p", at("plan.json"), "-o", at("noted.onnx"));
  for (const file of ["model.onnx", "plan.json", "profile.json"]) await steps("inspect", at(file));
  await steps("inspect", at("model.onnx"), "--graph");

  const plan = parsePlan(readFileSync(at("plan.json"), "utf8"), "the plan");
  const profile = parseProfile(readFileSync(at("profile.json"), "utf8"), "the profile");
  return {
    plan,
    profile,
    outputs: parseNpz(readFileSync(at("out.npz")), "the outputs"),
    noted: readFileSync(at("noted.onnx")),
  };
}

const unnamed = ({ decisions }: Plan) => decisions.map(({ ranges, neurons }) => ({ ranges, neurons }));

describe.each(odd)("an input $input, an output $output", (names) => {
  let [own, twin] = [{} as Awaited<ReturnType<typeof road>>, {} as Awaited<ReturnType<typeof road>>];
  beforeAll(async () => {
    [own, twin] = [await road(names), await road(plain)];
  });

  test("the graph has the names as the file does", () => {
    const graph = importOnnx(model(names));
    expect(graph.nodes.map(({ id }) => id)).toEqual(names.nodes);
    expect([graph.inputs, graph.outputs]).toEqual([[names.input], [names.output]]);
    expect(graph.values.get(names.input)!.type!.shape).toEqual([names.size, 3]);
    expect(graph.values.get(names.weights[0])!.constant!.dims).toEqual([3, 4]);
  });

  test("profile and plan survive JSON, and decide what they decide for the twin", () => {
    const sites = [names.nodes[0], names.nodes[2]];
    expect(own.plan.decisions.map(({ site }) => site)).toEqual(sites);
    expect(own.profile.sites.map(({ site }) => site)).toEqual(sites);
    expect(unnamed(own.plan)).toEqual(unnamed(twin.plan));
  });

  test("the plan runs, and the outputs are those of the twin", () => {
    expect([...own.outputs.keys()]).toEqual([names.output]);
    const numbers = own.outputs.get(names.output)!.tensor;
    expect(numbers).toEqual(twin.outputs.get(plain.output)!.tensor);
    expect(new Set(numbers.data as Float32Array).size).toBeGreaterThan(10);
  });

  test("the notes stand at their nodes", () => {
    const { nodes, model: notes } = annotations(own.noted);
    expect([...nodes.keys()]).toEqual([names.nodes[0], names.nodes[2]]);
    expect(notes.get("__proto__")).toBe("constructor");
  });

  test("a session takes and gives them as own properties of plain objects", async () => {
    const session = await InferenceSession.create(model(names), { plan: own.plan });
    const pixels = new Tensor("float32", Float32Array.of(1, 2, 3), [1, 3]);
    const outputs = await session.run(Object.fromEntries([[names.input, pixels]]));
    expect(Object.keys(outputs)).toEqual([names.output]);
    expect(Object.getPrototypeOf(outputs)).toBe(Object.prototype);
    expect(outputs[names.output]!.dims).toEqual([1, 2]);
    expect(({} as Record<string, unknown>)["dims"]).toBeUndefined();
  });
});

test.each(["__proto__", "constructor", "toString"])("%s is no operator and no attribute", (name) => {
  const op = buildModel({ inputs: [value("x", [2])], nodes: [node(name, ["x"], ["y"])] });
  expect(() => importOnnx(op)).toThrow(`no importer: ${name}`);
  const attribute = buildModel({
    inputs: [value("x", [2])],
    nodes: [node("Relu", ["x"], ["y"], [float(name, 1)])],
  });
  expect(() => importOnnx(attribute)).toThrow(`Relu has no attribute "${name}"`);
});
