// Files to samples: reads and checks everything first, and makes a sample's tensors when they are asked for.
import { isFloat, type Sample, type Samples, type ValueId } from "@mpplan/ir";
import type { DataLimits } from "./array.js";
import { InputError } from "./errors.js";
import { badLabels, readLabels, toLabels } from "./labels.js";
import { toPieces, type InputSpec, type Piece, type Source } from "./pieces.js";
import { badOption, isIdentity, type Preprocess } from "./preprocess.js";
import { readerFor, type Reader } from "./reader.js";
import type { DataFile } from "./recognize.js";

export interface SampleOptions extends Preprocess {
  /** A file of labels, one per sample. */
  readonly labels?: DataFile | undefined;
  readonly limits?: DataLimits | undefined;
}

export interface LoadedSamples {
  readonly samples: Samples;
  /** What a run should tell about how the data was read. */
  readonly notes: readonly string[];
}

/** A piece whose arrays have been checked and cut. */
interface Cut {
  readonly piece: Piece;
  readonly count: number;
  readonly readers: ReadonlyMap<ValueId, Reader>;
}

/**
 * The samples in all files, one after another, for a model with those inputs.
 * @throws InputError; its code tells whether format, shape, numbers or labels are at fault.
 *
 * @example
 * const { samples } = toSamples([{ name: "x.npy", bytes }], [{ id: "input", type }], { scale: 1 / 255 });
 * samples.at(0).get("input"); // a tensor of the input's dims
 */
export function toSamples(
  files: readonly DataFile[],
  inputs: readonly InputSpec[],
  options: SampleOptions = {},
): LoadedSamples {
  checkPreprocess(inputs, options);
  const cuts = toPieces(files, inputs, options.limits).map((piece) => cut(piece, inputs, options));
  const starts: number[] = [];
  let count = 0;
  for (const { count: more } of cuts) {
    starts.push(count);
    count += more;
  }
  const labels = gatherLabels(cuts, count, options.labels);
  const at = (index: number): Sample => {
    if (!Number.isInteger(index) || index < 0 || index >= count) {
      throw new RangeError(`internal: there is no sample ${index} among ${count}`);
    }
    const place = lastAtMost(starts, index);
    const { readers } = cuts[place]!;
    return new Map([...readers].map(([id, reader]) => [id, reader.at(index - starts[place]!)]));
  };
  return {
    samples: { count, random: false, at, label: (i) => labels?.[i] ?? null },
    notes: [...new Set(cuts.flatMap(({ readers }) => [...readers.values()].flatMap(({ notes }) => notes)))],
  };
}

/** Preprocessing must have one meaning: it is for the one input of floats. */
function checkPreprocess(inputs: readonly InputSpec[], options: Preprocess): void {
  if (isIdentity(options)) return;
  const floats = inputs.filter(({ type }) => type === null || isFloat(type.elem));
  if (floats.length === 1) return;
  const what =
    floats.length === 0
      ? "--scale, --mean and --std are for inputs of floats, and the model has none"
      : `--scale, --mean and --std cannot tell which of the inputs ${floats.map(({ id }) => `"${id}"`).join(", ")} is meant`;
  throw badOption(
    what,
    "the preprocessing options",
    "leave them out, and give samples that are ready for the model",
  );
}

function cut(piece: Piece, inputs: readonly InputSpec[], options: Preprocess): Cut {
  const readers = new Map<ValueId, Reader>();
  for (const input of inputs) readers.set(input.id, readerFor(piece.inputs.get(input.id)!, input, options));
  const counts = new Set([...readers.values()].map((reader) => reader.count));
  if (counts.size > 1) {
    const list = [...readers].map(([id, reader]) => `"${id}" has ${reader.count}`).join(", ");
    throw new InputError("wrong-shape", {
      what: `The inputs disagree about the number of samples: ${list}`,
      where: piece.where,
      next: "give the same number of samples for every input",
    });
  }
  return { piece, count: [...counts][0] ?? 0, readers };
}

function gatherLabels(cuts: readonly Cut[], count: number, file: DataFile | undefined): Int32Array | null {
  const inside = cuts.filter(({ piece }) => piece.labels);
  if (file && inside.length > 0) {
    const next = "leave out --labels, or remove the array from the file";
    throw badLabels(`Labels are given twice: here and in ${file.name}`, inside[0]!.piece.labels!.where, next);
  }
  if (file) return toLabels(readLabels(file), count);
  if (inside.length === 0) return null;
  const without = cuts.find(({ piece }) => !piece.labels);
  if (without) {
    const next = "give labels for every file, or for none";
    throw badLabels(`This file has no labels, but ${inside[0]!.piece.where} has`, without.piece.where, next);
  }
  const labels = new Int32Array(count);
  let start = 0;
  for (const { piece, count: own } of cuts) {
    labels.set(toLabels(piece.labels as Source, own), start);
    start += own;
  }
  return labels;
}

/** The last place whose entry is at most `value`, in a rising list that begins with 0. */
function lastAtMost(list: readonly number[], value: number): number {
  let [low, high] = [0, list.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (list[middle]! <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}
