// Writes notes into a model file, and reads them back: metadata_props of the model and of its nodes. The file is
// edited in place of being decoded and written again, so that whatever this version does not know stays.
import type { NodeId } from "@mpplan/ir";
import { quote } from "@mpplan/ir";
import { ImportError } from "./errors.js";
import { defaultLimits } from "./limits.js";
import { nodeIds, type NodeName } from "./node-ids.js";
import { decodeName, validate } from "./validate.js";
import { concat, encodeField, encodeHead, fields, type Field } from "./wire.js";

/** Notes by key, such as `{ "mpplan.because": "..." }`. */
export type Notes = Readonly<Record<string, string>>;

// Field numbers of onnx.proto; NodeProto.metadata_props came with IR version 10, older readers skip it.
const model = { graph: 7, metadataProps: 14 } as const;
const graph = { node: 1 } as const;
const node = { name: 3, opType: 4, metadataProps: 9 } as const;
const entry = { key: 1, value: 2 } as const;

/**
 * The model with notes added; one of the same key is replaced, every other byte stays as it was. Nodes are given
 * by the ids that `importOnnx` gives them, or by their place in the file. Notes whose keys begin with `mpplan.` leave the
 * model's digest as it is.
 * @throws ImportError `unknown-node`, and what a damaged file throws.
 *
 * @example
 * const noted = annotate(bytes, new Map([["conv1", { "mpplan.accumulators": "binary16 100 %" }]]));
 * annotations(noted).nodes.get("conv1"); // Map { "mpplan.accumulators" => "binary16 100 %" }
 */
export function annotate(
  bytes: Uint8Array,
  nodeNotes: ReadonlyMap<NodeId | number, Notes>,
  modelNotes: Notes = {},
): Uint8Array {
  validate(bytes, defaultLimits);
  const byPlace = notesByPlace(bytes, nodeNotes);
  const edited = rewrite(bytes, 0, bytes.length, (field) => {
    if (field.number !== model.graph || byPlace.size === 0) return null;
    let place = -1;
    const nodes = rewrite(bytes, field.valueStart, field.end, (inner) => {
      if (inner.number !== graph.node) return null;
      const notes = byPlace.get(++place);
      if (!notes) return null;
      return encodeField(
        graph.node,
        putNotes(bytes.subarray(inner.valueStart, inner.end), node.metadataProps, notes),
      );
    });
    return encodeField(model.graph, nodes);
  });
  return putNotes(edited, model.metadataProps, modelNotes);
}

/** Keys that mpplan writes begin so. */
const ownPrefix = "mpplan.";

/**
 * The file without the notes that mpplan writes, byte for byte as it was before `annotate`: what a model's digest is
 * made from, so that a plan still fits the model that it is written into. In pieces that are views of `bytes`.
 */
export function withoutOwnNotes(bytes: Uint8Array): Uint8Array[] {
  const withoutModelNotes = (field: Field): Pieces | null => (isOwnNote(bytes, field, model) ? [] : null);
  return edit(bytes, 0, bytes.length, (field) => {
    if (field.number !== model.graph) return withoutModelNotes(field);
    let changed = false;
    const nodes = edit(bytes, field.valueStart, field.end, (inner) => {
      if (inner.number !== graph.node) return null;
      const stripped = withoutNodeNotes(bytes, inner);
      changed ||= stripped !== null;
      return stripped;
    });
    return changed ? lengthPrefixed(model.graph, nodes) : null;
  });
}

/** The node's field without its own notes, or null where it has none. */
function withoutNodeNotes(bytes: Uint8Array, field: Field): Pieces | null {
  let changed = false;
  const stripped = edit(bytes, field.valueStart, field.end, (inner) => {
    if (!isOwnNote(bytes, inner, node)) return null;
    changed = true;
    return [];
  });
  return changed ? lengthPrefixed(graph.node, stripped) : null;
}

function isOwnNote(bytes: Uint8Array, field: Field, { metadataProps }: { metadataProps: number }): boolean {
  return field.number === metadataProps && readEntry(bytes, field).key.startsWith(ownPrefix);
}

/** The notes in a model file: those of the model, and those of each node that has any. */
export function annotations(bytes: Uint8Array): {
  readonly model: ReadonlyMap<string, string>;
  readonly nodes: ReadonlyMap<NodeId, ReadonlyMap<string, string>>;
} {
  validate(bytes, defaultLimits);
  const places = [...nodeFields(bytes)];
  const nodes = new Map<NodeId, ReadonlyMap<string, string>>();
  for (const [id, place] of nodeIndex(bytes)) {
    const field = places[place]!;
    const notes = notesIn(bytes, field.valueStart, field.end, node.metadataProps);
    if (notes.size > 0) nodes.set(id, notes);
  }
  return { model: notesIn(bytes, 0, bytes.length, model.metadataProps), nodes };
}

/** The place of every node in the file, by the id that `importOnnx` gives it. */
export function nodeIndex(bytes: Uint8Array): Map<NodeId, number> {
  validate(bytes, defaultLimits);
  const names: NodeName[] = [];
  for (const field of nodeFields(bytes)) {
    const name = { name: "", opType: "" };
    for (const inner of fields(bytes, field.valueStart, field.end)) {
      if (inner.number === node.name) name.name = decodeName(bytes, inner.valueStart, inner.end);
      if (inner.number === node.opType) name.opType = decodeName(bytes, inner.valueStart, inner.end);
    }
    names.push(name);
  }
  return new Map(nodeIds(names).map((id, place) => [id, place]));
}

function notesByPlace(bytes: Uint8Array, notes: ReadonlyMap<NodeId | number, Notes>): Map<number, Notes> {
  const index = nodeIndex(bytes);
  const byPlace = new Map<number, Notes>();
  for (const [key, value] of notes) {
    const place = typeof key === "number" ? key : index.get(key);
    if (place === undefined || !Number.isInteger(place) || place < 0 || place >= index.size) {
      throw new ImportError("unknown-node", {
        what: `The model has no node ${typeof key === "number" ? `number ${key}` : quote(key)}`,
        where: `a graph of ${index.size} nodes`,
        next: "annotate the very file that the plan was made for",
      });
    }
    byPlace.set(place, { ...byPlace.get(place), ...value });
  }
  return byPlace;
}

function* nodeFields(bytes: Uint8Array): Generator<Field> {
  for (const field of fields(bytes)) {
    if (field.number !== model.graph) continue;
    for (const inner of fields(bytes, field.valueStart, field.end))
      if (inner.number === graph.node) yield inner;
  }
}

/** A message with some fields replaced: `change` yields the new field, or null to keep it. */
function rewrite(
  bytes: Uint8Array,
  start: number,
  end: number,
  change: (field: Field) => Uint8Array | null,
): Uint8Array {
  return concat(
    edit(bytes, start, end, (field) => {
      const changed = change(field);
      return changed && [changed];
    }),
  );
}

/** Bytes in pieces, so that what is kept of a large file is never copied. */
type Pieces = Uint8Array[];

/** The same in pieces; what is kept are views. */
function edit(
  bytes: Uint8Array,
  start: number,
  end: number,
  change: (field: Field) => Pieces | null,
): Pieces {
  const pieces: Pieces = [];
  let kept = start;
  for (const field of fields(bytes, start, end)) {
    const changed = change(field);
    if (!changed) continue;
    pieces.push(bytes.subarray(kept, field.start));
    for (const piece of changed) pieces.push(piece);
    kept = field.end;
  }
  pieces.push(bytes.subarray(kept, end));
  return pieces;
}

function lengthPrefixed(number: number, pieces: Pieces): Pieces {
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  return [encodeHead(number, length), ...pieces];
}

function putNotes(message: Uint8Array, number: number, notes: Notes): Uint8Array {
  const wanted = new Map(Object.entries(notes));
  const written = new Set<string>();
  const edited = rewrite(message, 0, message.length, (field) => {
    if (field.number !== number) return null;
    const { key } = readEntry(message, field);
    const value = wanted.get(key);
    if (value === undefined) return null;
    // A second entry of the same key goes: readers would differ in which one they take.
    if (written.has(key)) return new Uint8Array(0);
    written.add(key);
    return encodeField(number, encodeEntry(key, value));
  });
  const added = [...wanted].filter(([key]) => !written.has(key));
  return concat([edited, ...added.map(([key, value]) => encodeField(number, encodeEntry(key, value)))]);
}

function notesIn(bytes: Uint8Array, start: number, end: number, number: number): Map<string, string> {
  const notes = new Map<string, string>();
  for (const field of fields(bytes, start, end)) {
    if (field.number !== number) continue;
    const { key, value } = readEntry(bytes, field);
    notes.set(key, value);
  }
  return notes;
}

function readEntry(bytes: Uint8Array, field: Field): { key: string; value: string } {
  const read = { key: "", value: "" };
  for (const inner of fields(bytes, field.valueStart, field.end)) {
    if (inner.number === entry.key) read.key = decodeName(bytes, inner.valueStart, inner.end);
    if (inner.number === entry.value) read.value = decodeName(bytes, inner.valueStart, inner.end);
  }
  return read;
}

function encodeEntry(key: string, value: string): Uint8Array {
  const text = new TextEncoder();
  return concat([encodeField(entry.key, text.encode(key)), encodeField(entry.value, text.encode(value))]);
}
