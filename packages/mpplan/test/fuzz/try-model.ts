// What is done with a damaged model, and how that may end: in a graph that keeps its promises, or in an error of ours.
import { MpplanError } from "@mpplan/formats";
import { verify, valueOf, type Graph } from "@mpplan/ir";
import { annotate, annotations, importOnnx } from "@mpplan/onnx";
import { randomSamples } from "../../src/data/random-samples.js";
import { InferenceSession, Tensor } from "../../src/node.js";

/** How it ended: `ran` and `imported`, or the code of an error, or a finding. */
export type Outcome = { readonly end: string } | { readonly finding: string };

/** Sizes far above those of the corpus: what is refused for its size only would take the time of many others. */
const limits = { elements: 2 ** 20, weightBytes: 2 ** 24 };

/** The one file beside the models. */
const beside = { size: () => 64, read: (_: string, __: number, length: number) => new Uint8Array(length) };

/** Imports and verifies; with `run` also plans uniformly and runs once on made-up inputs. */
export async function tryModel(
  bytes: Uint8Array,
  codes: ReadonlySet<string>,
  run: boolean,
): Promise<Outcome> {
  try {
    const graph = verify(importOnnx(bytes, { externalData: beside, limits, keepBytes: true }));
    annotations(annotate(bytes, new Map([[0, { key: "value" }]])));
    if (!run || !isSmall(graph)) return { end: "imported" };
    const session = await InferenceSession.create(bytes, { mode: "uniform", externalData: beside, limits });
    const inputs = graph.inputs.map((id) => ({ id, type: valueOf(graph, id).type }));
    const sample = randomSamples(inputs, 1, 1).at(0);
    await session.run(Object.fromEntries([...sample].map(([name, t]) => [name, Tensor.fromIr(t)])));
    return { end: "ran" };
  } catch (error) {
    if (!(error instanceof MpplanError)) return { finding: (error as Error).stack ?? String(error) };
    if (!codes.has(error.code)) return { finding: `the code ${error.code} is not in docs/errors.md` };
    return { end: error.code };
  }
}

/** A run costs what the sizes say, and a mutant may say much: sums are few where weights and inputs are small. */
function isSmall(graph: Graph): boolean {
  let elements = 0;
  for (const { type } of graph.values.values()) {
    const known = (type?.shape ?? []).filter((dim) => typeof dim === "number");
    elements += known.reduce((product, dim) => product * dim, 1);
  }
  return elements <= 2 ** 18 && graph.nodes.length <= 100;
}
