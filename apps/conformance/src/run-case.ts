// Runs one case and says what came of it.
import { MpplanError } from "@mpplan/formats";
import {
  inStorage,
  isFloat,
  isTensor,
  valueOf,
  valueType,
  type Graph,
  type RuntimeValue,
  type Tensor,
} from "@mpplan/ir";
import { importOnnx, readValueProto } from "@mpplan/onnx";
import { createExecutor, createReferenceBackend } from "@mpplan/runtime";
import { readCase, type Case } from "./cases.js";

export type Outcome =
  | { readonly verdict: "pass" }
  /** It ran, and something differs. */
  | { readonly verdict: "mismatch"; readonly why: string }
  /** Refused before it ran: an operator, a type or a use of one that there is no code for. */
  | { readonly verdict: "unsupported"; readonly why: string }
  /** It should have run. */
  | { readonly verdict: "error"; readonly why: string };

/** The tolerance of ONNX's own test runner. */
const tolerance = { relative: 1e-3, absolute: 1e-7 };

const unsupported = new Set([
  "unsupported-op",
  "unsupported-type",
  "unsupported-feature",
  "unsupported-decision",
]);
const executor = createExecutor(createReferenceBackend());

/** `rewrite` is given the graph as it was imported. */
export async function runCase(given: Case, rewrite = (graph: Graph) => graph): Promise<Outcome> {
  try {
    const { model, sets } = readCase(given);
    const graph = rewrite(importOnnx(model));
    const session = await executor.prepare(graph, "reference");
    for (const { inputs, outputs } of sets) {
      const types = (ids: readonly string[], count: number): ReturnType<typeof valueType>[] =>
        ids.slice(0, count).map((id) => valueType(valueOf(graph, id)));
      const feeds = new Map(
        types(graph.inputs, inputs.length).map((type, i) => [
          graph.inputs[i]!,
          readValueProto(inputs[i]!, type!),
        ]),
      );
      const results = await session.runValues(feeds);
      for (const [i, bytes] of outputs.entries()) {
        const id = graph.outputs[i]!;
        const actual = results.get(id)!;
        const why = difference(actual, readValueProto(bytes, types(graph.outputs, i + 1)[i]!));
        if (why) return { verdict: "mismatch", why: `output "${id}": ${why}` };
      }
    }
    return { verdict: "pass" };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const why = (error.message.split("\n")[0] ?? "").slice(0, 160);
    const refused = error instanceof MpplanError && unsupported.has(String(error.code));
    return { verdict: refused ? "unsupported" : "error", why };
  }
}

/** What is wrong with a value, or null. */
export function difference(actual: RuntimeValue, expected: RuntimeValue): string | null {
  if (isTensor(actual) && isTensor(expected)) return tensorDifference(inStorage(actual), expected);
  if (isTensor(actual) || isTensor(expected) || actual.kind !== expected.kind) return "another kind of value";
  if (actual.kind === "absent" || expected.kind === "absent") return null;
  if (actual.kind === "map" || expected.kind === "map") {
    if (actual.kind !== "map" || expected.kind !== "map") return "another kind of value";
    return difference(actual.keys, expected.keys) ?? difference(actual.values, expected.values);
  }
  if (actual.items.length !== expected.items.length) {
    return `${actual.items.length} items, not ${expected.items.length}`;
  }
  for (const [i, item] of actual.items.entries()) {
    const why = difference(item, expected.items[i]!);
    if (why) return `item ${i}: ${why}`;
  }
  return null;
}

function tensorDifference(actual: Tensor, expected: Tensor): string | null {
  if (actual.elem !== expected.elem) return `${actual.elem}, not ${expected.elem}`;
  if (String(actual.dims) !== String(expected.dims)) {
    return `dims [${actual.dims.join(", ")}], not [${expected.dims.join(", ")}]`;
  }
  const same = isFloat(actual.elem) ? close : (x: unknown, y: unknown): boolean => x === y;
  for (let i = 0; i < expected.data.length; i++) {
    const [x, y] = [actual.data[i]!, expected.data[i]!];
    if (!same(x as number, y as number)) return `element ${i} is ${x}, not ${y}`;
  }
  return null;
}

function close(x: number, y: number): boolean {
  if (Number.isNaN(x) || Number.isNaN(y)) return Number.isNaN(x) && Number.isNaN(y);
  return x === y || Math.abs(x - y) <= tolerance.absolute + tolerance.relative * Math.abs(y);
}
