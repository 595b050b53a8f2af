import pkg from "onnx-proto";
import { describe, expect, test } from "vitest";
import { buildModel, gemmModel, node, thrown, utf8, value } from "../test/model-builder.js";
import { annotate, annotations, nodeIndex, withoutOwnNotes } from "./annotate.js";
import { importOnnx } from "./import.js";
import { concat, encodeField, fields } from "./wire.js";

const { onnx } = pkg;

const notes = new Map([
  ["layer1", { "mpplan.accumulators": "binary16 100 %", "mpplan.because": "κ is small" }],
  ["Relu_1", { "mpplan.because": "x".repeat(300) }],
]);
const modelNotes = { "mpplan.plan": "uniform" };
const annotated = annotate(gemmModel(), notes, modelNotes);

/** The file without its notes: fields 14 of the model and 9 of the nodes, lengths written again. */
function stripped(bytes: Uint8Array): Uint8Array {
  const keep = (
    of: Uint8Array,
    drop: number,
    edit: (number: number, value: Uint8Array) => Uint8Array | null,
  ) =>
    concat(
      [...fields(of)]
        .filter((field) => field.number !== drop)
        .map((field) => {
          const edited = edit(field.number, of.subarray(field.valueStart, field.end));
          return edited ? encodeField(field.number, edited) : of.subarray(field.start, field.end);
        }),
    );
  const graph = (of: Uint8Array) =>
    keep(of, 0, (number, inner) => (number === 1 ? keep(inner, 9, () => null) : null));
  return keep(bytes, 14, (number, inner) => (number === 7 ? graph(inner) : null));
}

test("notes are read back by node id", () => {
  const read = annotations(annotated);
  expect(Object.fromEntries(read.model)).toEqual(modelNotes);
  expect([...read.nodes].map(([id, entries]) => [id, Object.fromEntries(entries)])).toEqual([...notes]);
});

test("everything else stays, byte for byte", () => {
  expect(stripped(annotated)).toEqual(gemmModel());
  expect(annotated.length).toBeGreaterThan(gemmModel().length);
});

test("annotating again replaces, and does not add", () => {
  expect(annotate(annotated, notes, modelNotes)).toEqual(annotated);
  const changed = annotate(annotated, new Map([["layer1", { "mpplan.because": "new" }]]), {
    "mpplan.plan": "static",
  });
  expect(annotations(changed).nodes.get("layer1")!.get("mpplan.because")).toBe("new");
  expect(annotations(changed).nodes.get("layer1")!.get("mpplan.accumulators")).toBe("binary16 100 %");
  expect([...annotations(changed).model]).toEqual([["mpplan.plan", "static"]]);
});

test("no notes, no change", () => {
  expect(annotate(gemmModel(), new Map())).toEqual(gemmModel());
});

test("other readers still read the model", () => {
  const model = onnx.ModelProto.decode(annotated);
  expect(model.graph!.node!.map(({ opType }) => opType)).toEqual(["Gemm", "Relu"]);
  expect(model.metadataProps).toMatchObject([{ key: "mpplan.plan", value: "uniform" }]);
});

test("the graph is the same, its digest too: a plan still fits the model that it is written into", () => {
  const [before, after] = [importOnnx(gemmModel()), importOnnx(annotated)];
  expect(after).toEqual(before);
});

test("without our own notes the file is what it was, byte for byte; other notes stay, and count", () => {
  const bytes = gemmModel();
  const own = annotate(bytes, new Map([[0, { "mpplan.because": "it is so" }]]), { "mpplan.plan": "a plan" });
  expect(own).not.toEqual(bytes);
  expect(concat(withoutOwnNotes(own))).toEqual(bytes);
  expect(concat(withoutOwnNotes(bytes))).toEqual(bytes);
  const others = annotate(bytes, new Map([[0, { author: "somebody" }]]));
  expect(concat(withoutOwnNotes(others))).toEqual(others);
  expect(importOnnx(others).digest).not.toBe(importOnnx(bytes).digest);
});

describe("what was there before", () => {
  const other = encodeField(14, concat([encodeField(1, utf8("author")), encodeField(2, utf8("someone"))]));
  const unknown = encodeField(999, utf8("kept"));
  const bytes = concat([other, gemmModel(), unknown, other]);

  test("is kept: notes of others, fields that nobody knows, their order", () => {
    const result = annotate(bytes, notes, modelNotes);
    expect([...annotations(result).model.keys()]).toEqual(["author", "mpplan.plan"]);
    const numbers = (of: Uint8Array) => [...fields(of)].map(({ number }) => number);
    expect(numbers(result)).toEqual([...numbers(bytes), 14]);
    expect(result.subarray(0, other.length)).toEqual(other);
  });
  test("is replaced where it has the same key, and its double is dropped", () => {
    const result = annotate(bytes, new Map(), { author: "us" });
    expect([...fields(result)].filter(({ number }) => number === 14)).toHaveLength(1);
    expect(annotations(result).model.get("author")).toBe("us");
  });
});

describe("nodes", () => {
  test("go by the importer's ids", () => {
    expect([...nodeIndex(gemmModel())]).toEqual([
      ["layer1", 0],
      ["Relu_1", 1],
    ]);
  });
  test("or by their place", () => {
    expect(
      annotations(annotate(gemmModel(), new Map([[1, { a: "b" }]])))
        .nodes.get("Relu_1")!
        .get("a"),
    ).toBe("b");
  });
  test("of the same name are told apart", () => {
    const bytes = buildModel({
      nodes: [node("Relu", ["x"], ["h"], [], { name: "r" }), node("Relu", ["h"], ["y"], [], { name: "r" })],
      outputs: [value("y")],
    });
    const ids = importOnnx(bytes).nodes.map(({ id }) => id);
    expect([...nodeIndex(bytes).keys()]).toEqual(ids);
    const result = annotate(bytes, new Map([[ids[1]!, { a: "b" }]]));
    expect([...annotations(result).nodes.keys()]).toEqual([ids[1]]);
  });
  test.each(["layer2", -1, 2, 0.5])("%j is none of them", (key) => {
    expect(thrown(() => annotate(gemmModel(), new Map([[key, {}]])))).toMatchObject({ code: "unknown-node" });
  });
});

test("a damaged file is refused", () => {
  expect(thrown(() => annotate(gemmModel().subarray(0, 50), notes))).toMatchObject({ code: "truncated" });
});
